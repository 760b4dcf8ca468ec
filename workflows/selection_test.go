package workflows

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestSelectionCount(t *testing.T) {
	problem := &Problem{Reason: CellNotReachable}
	s := Selection{Accounts: []SelectedAccount{
		{Account: "1", Regions: []string{"eu-west-1", "us-east-1"}},
		{Account: "2", Regions: []string{"eu-west-1"}},
		{Account: "3", Problem: problem},                                 // nothing is known of it
		{Account: "4", Regions: []string{"us-west-2"}, Problem: problem}, // it has a Region for its place
		{Account: "5"},
	}}
	if diff := cmp.Diff(Selected{Accounts: 5, Regions: 3, Cells: 5}, s.Count()); diff != "" {
		t.Errorf("counted (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]Cell{{Account: "3"}}, s.Accounts[2].Cells()); diff != "" {
		t.Errorf("the cell of an account that can't be asked (-want +got):\n%s", diff)
	}
}
