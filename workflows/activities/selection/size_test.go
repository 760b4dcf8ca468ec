package selection

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"rekey/workflows"
)

// most is what a selection may have in a history: half of what Temporal takes.
const most = 1_000_000

// nested is an account six containers deep, which is the most that AWS allows, with ids as long as AWS makes them.
func nested(i int) workflows.SelectedAccount {
	a := workflows.SelectedAccount{Account: fmt.Sprintf("%012d", i)}
	for level := range 5 {
		a.OUs = append(a.OUs, fmt.Sprintf("ou-ab12-%08d", level))
	}
	a.OUs = append(a.OUs, "r-ab12")
	return a
}

func TestTheLargestSelectionsFitIntoAHistory(t *testing.T) {
	for name, finish := range map[string]func(*workflows.SelectedAccount){
		"one Region each": func(a *workflows.SelectedAccount) { a.Regions = []string{"ap-southeast-2"} },
		"nobody can be asked": func(a *workflows.SelectedAccount) {
			a.Problem = &workflows.Problem{
				Reason: workflows.CellNotReachable, Message: strings.Repeat("m", 200), NextStep: strings.Repeat("n", 200),
				Metadata: map[string]string{"account_id": a.Account, "region": "us-east-1", "aws_code": "AccessDenied"},
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			var s workflows.Selection
			for i := range workflows.MaxCells {
				a := nested(i)
				finish(&a)
				s.Accounts = append(s.Accounts, a)
			}
			shorten(s.Accounts)
			text, err := json.Marshal(s)
			if err != nil {
				t.Fatal(err)
			}
			if s.Count().Cells != workflows.MaxCells || len(text) > most {
				t.Errorf("%d cells take %d bytes", s.Count().Cells, len(text))
			}
		})
	}
}

func TestShortenTellsTheFirstInFull(t *testing.T) {
	var list []workflows.SelectedAccount
	for i := range maxTold + 2 {
		a := nested(i)
		if i != 1 { // one that was asked does not count
			a.Problem = &workflows.Problem{Reason: workflows.AccessDenied, Message: "in full", Metadata: map[string]string{"aws_code": "Denied"}}
		}
		list = append(list, a)
	}
	shorten(list)
	if list[0].Problem.Message != "in full" || list[1].Problem != nil || list[maxTold].Problem.Message != "in full" {
		t.Errorf("the first %d problems are not told in full", maxTold)
	}
	last := list[maxTold+1].Problem
	if last.Message == "in full" || last.Reason != workflows.AccessDenied || last.Metadata["aws_code"] != "Denied" || last.NextStep == "" {
		t.Errorf("the one after them is %+v", last)
	}
}
