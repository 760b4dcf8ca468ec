package planning

import (
	"cmp"
	"slices"

	"rekey/workflows"
)

// Inquiry is what has to be surveyed before the plan can be made, each thing once.
func Inquiry(o Observed) workflows.SurveyInput {
	in := workflows.SurveyInput{Cell: o.Cell, RemoveForeign: o.Policies.RemoveForeign}
	o.givenUp = o.retiredKeys()
	for _, s := range o.Census.Canaries {
		d := &draft{Observed: o, Canary: workflows.Canary{Cell: o.Cell, Recorded: s}}
		if d.target(); d.Problem != nil || d.replica() != nil || d.bucket() != nil {
			continue
		}
		stays := s.From == d.To && !d.moves()
		if !stays {
			in.Uses = once(in.Uses, d.use())
			for _, pair := range d.oldPairs() {
				in.Old = once(in.Old, pair)
			}
		}
		if s.From.Mode == workflows.SSEKMS && s.From != d.To {
			in.Successions = once(in.Successions, workflows.Succession{Old: s.From.KeyARN, New: d.To})
		}
		for _, key := range o.givenUp {
			if stays && key != d.To.KeyARN {
				in.Old = once(in.Old, workflows.Pair{RoleARN: s.RoleARN, KeyARN: key})
			}
		}
	}
	if len(in.Successions) > 0 {
		in.Accounts = o.Accounts
	}
	return in
}

func once[T comparable](list []T, v T) []T {
	if slices.Contains(list, v) {
		return list
	}
	return append(list, v)
}

// compare orders access changes by what they are.
func compare(a, b workflows.AccessChange) int {
	return cmp.Or(
		cmp.Compare(a.Method, b.Method), cmp.Compare(a.KeyARN, b.KeyARN), cmp.Compare(a.Location, b.Location),
		cmp.Compare(a.PolicyName, b.PolicyName), cmp.Compare(a.Sid, b.Sid), cmp.Compare(a.GrantID, b.GrantID),
	)
}
