package selection

import "rekey/workflows"

// maxTold is how many problems of accounts are told in full: thousands of them would not fit into a history, where a
// payload may have 2 MB (Temporal, limits).
const maxTold = 100

// shorten keeps a selection below 1 MB: the accounts beyond the first that can't be asked keep their reason and AWS's code.
// They have no canary that a wave could take, so they lose what is above them too.
func shorten(accounts []workflows.SelectedAccount) {
	told := 0
	for i := range accounts {
		p := accounts[i].Problem
		if p == nil {
			continue
		}
		if told++; told <= maxTold {
			continue
		}
		code := p.Metadata["aws_code"]
		accounts[i].OUs = nil
		accounts[i].Problem = &workflows.Problem{
			Reason:   p.Reason,
			Message:  "The account did not tell its Regions (" + code + ").",
			NextStep: "See the first such accounts.",
			Metadata: map[string]string{"aws_code": code},
		}
	}
}
