package registry

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"rekey/workflows"
)

func TestLocks(t *testing.T) {
	own := workflows.Holder{Migration: "m-1", Region: "us-east-1"}
	for name, test := range map[string]struct {
		fake fake
		want map[string]workflows.Holder
	}{
		"free":                     {fake{}, nil},
		"held by one that is open": {fake{locked: holding("c-1", second), open: []string{secondOpen}}, holding("c-1", second)},
		"held by one that ended":   {fake{locked: holding("c-1", second)}, nil},
		"held by one of each":      {fake{locked: holding("c-1", second, "c-2", third), open: []string{thirdOpen}}, holding("c-2", third)},
		"held by who asks":         {fake{locked: holding("c-1", own), open: []string{"migration/m-1/111122223333/us-east-1"}}, nil},
		"of other canaries":        {fake{locked: holding("c-3", second), open: []string{secondOpen}}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := run[map[string]workflows.Holder](t, New(&test.fake, nil).Locks, locks)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, got, cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("locks (-want +got):\n%s", diff)
			}
			if len(test.fake.asked) != 0 {
				t.Errorf("the registry was sent %+v: a look changes nothing", test.fake.asked)
			}
		})
	}
}

var locks = workflows.LocksInput{
	Account: "111122223333", Holder: workflows.Holder{Migration: "m-1", Region: "eu-west-1"}, Canaries: []string{"c-1", "c-2"},
}

func TestLocksThatCannotBeSeen(t *testing.T) {
	f := &fake{failed: errors.New("Temporal is down")}
	if _, err := run[map[string]workflows.Holder](t, New(f, nil).Locks, locks); err == nil {
		t.Error("what could not be looked up counts as free")
	}
}
