package registry

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.temporal.io/sdk/testsuite"

	"rekey/workflows"
	"rekey/workflows/failure"
)

// fake is the registries of a namespace whose workflows hold what the test says.
type fake struct {
	open   []string // workflow ids
	locked map[string]workflows.Holder
	busy   []workflows.Busy
	revoke []workflows.Busy
	failed error

	asked []question
}

type question struct {
	id, name string
	arg      any
}

func (f *fake) Update(_ context.Context, _, id, name string, arg, answer any) error {
	f.asked = append(f.asked, question{id, name, arg})
	switch q := arg.(type) {
	case workflows.ClaimRequest:
		locked := maps.Clone(f.locked)
		maps.DeleteFunc(locked, func(_ string, h workflows.Holder) bool { return slices.Contains(q.Ended, h) })
		revoke := slices.Clone(f.revoke)
		revoke = slices.DeleteFunc(revoke, func(b workflows.Busy) bool { return slices.Contains(q.Ended, b.Holder) })
		return set(answer, workflows.ClaimResult{Locked: locked, Revoking: revoke})
	case workflows.LeaseRequest:
		var r workflows.LeaseResult
		for _, b := range f.busy {
			if slices.Contains(q.Ended, b.Holder) {
				r.Leased = append(r.Leased, b.Pair)
			} else {
				r.Busy = append(r.Busy, b)
			}
		}
		return set(answer, r)
	}
	return nil
}

func (f *fake) Claims(_ context.Context, _ string, canaries []string) (map[string]workflows.Holder, error) {
	claims := maps.Clone(f.locked)
	maps.DeleteFunc(claims, func(id string, _ workflows.Holder) bool { return !slices.Contains(canaries, id) })
	return claims, f.failed
}

func (f *fake) IsOpen(_ context.Context, id string) (bool, error) {
	return slices.Contains(f.open, id), f.failed
}

// set answers as Temporal does, over JSON.
func set(answer, value any) error {
	data, err := json.Marshal(value)
	if err != nil {
		return err
	}
	return json.Unmarshal(data, answer)
}

func run[Out any](t *testing.T, activity, in any) (Out, error) {
	t.Helper()
	env := (&testsuite.WorkflowTestSuite{}).NewTestActivityEnvironment()
	env.RegisterActivity(activity)
	var out Out
	value, err := env.ExecuteActivity(activity, in)
	if err == nil && value.HasValue() {
		err = value.Get(&out)
	}
	return out, err
}

var (
	second = workflows.Holder{Migration: "m-2", Region: "eu-west-1"}
	third  = workflows.Holder{Migration: "m-3", Region: "us-east-1"}
)

const (
	secondOpen = "migration/m-2/111122223333/eu-west-1"
	thirdOpen  = "migration/m-3/111122223333/us-east-1"
)

var claim = workflows.ClaimInput{
	Account: "111122223333", Holder: workflows.Holder{Migration: "m-1", Region: "eu-west-1"}, Canaries: []string{"c-1", "c-2"},
}

// holding are canaries and who holds them, in turns.
func holding(list ...any) map[string]workflows.Holder {
	m := map[string]workflows.Holder{}
	for i := 0; i < len(list); i += 2 {
		m[list[i].(string)] = list[i+1].(workflows.Holder)
	}
	return m
}

func TestClaim(t *testing.T) {
	for name, test := range map[string]struct {
		fake  fake
		want  map[string]workflows.Holder
		asked int
	}{
		"free":                      {fake{}, nil, 1},
		"held by one that is open":  {fake{locked: holding("c-1", second), open: []string{secondOpen}}, holding("c-1", second), 1},
		"held by one that ended":    {fake{locked: holding("c-1", second)}, nil, 2},
		"held by one of each":       {fake{locked: holding("c-1", second, "c-2", third), open: []string{thirdOpen}}, holding("c-2", third), 2},
		"several of one that ended": {fake{locked: holding("c-1", second, "c-2", second)}, nil, 2},
		"being revoked by one that ended": {
			fake{revoke: []workflows.Busy{{Pair: workflows.Pair{RoleARN: "role", KeyARN: "key"}, Holder: second}}}, nil, 2,
		},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := run[workflows.ClaimResult](t, New(&test.fake, nil).Claim, claim)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, got.Locked); diff != "" {
				t.Errorf("locked (-want +got):\n%s", diff)
			}
			if len(test.fake.asked) != test.asked {
				t.Fatalf("asked %d times, want %d", len(test.fake.asked), test.asked)
			}
			if test.asked == 2 && test.fake.asked[0].id == test.fake.asked[1].id {
				t.Error("the second question would be answered as the first was")
			}
		})
	}
}

func TestClaimWaitsForARevoke(t *testing.T) {
	f := &fake{
		revoke: []workflows.Busy{{Pair: workflows.Pair{RoleARN: "role", KeyARN: "key"}, Holder: second}}, open: []string{secondOpen},
	}
	if _, err := run[workflows.ClaimResult](t, New(f, nil).Claim, claim); !failure.IsWait(err) {
		t.Errorf("got %v, want NotYet", err)
	}
}

func TestClaimDoesNotTakeOverWhatItCannotSee(t *testing.T) {
	f := &fake{locked: holding("c-1", second), failed: errors.New("Temporal is down")}
	if _, err := run[workflows.ClaimResult](t, New(f, nil).Claim, claim); err == nil {
		t.Error("a migration that could not be looked up counts as ended")
	}
	if len(f.asked) != 1 {
		t.Errorf("asked %d times", len(f.asked))
	}
}

func TestLease(t *testing.T) {
	mine := workflows.Holder{Migration: "m-1", Region: "eu-west-1"}
	pair := workflows.Pair{RoleARN: "role", KeyARN: "key"}
	in := workflows.LeaseInput{Account: "111122223333", Holder: mine, Pairs: []workflows.Pair{pair}}
	for name, test := range map[string]struct {
		fake   fake
		leased bool
	}{
		"used by one that is open": {fake{busy: []workflows.Busy{{Pair: pair, Holder: second}}, open: []string{secondOpen}}, false},
		"used by one that ended":   {fake{busy: []workflows.Busy{{Pair: pair, Holder: second}}}, true},
		"used by its own, elsewhere": {
			fake{
				busy: []workflows.Busy{{Pair: pair, Holder: workflows.Holder{Migration: "m-1", Region: "eu-west-2"}}},
				open: []string{"migration/m-1/111122223333/eu-west-2"},
			}, false,
		},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := run[workflows.LeaseResult](t, New(&test.fake, nil).Lease, in)
			if err != nil {
				t.Fatal(err)
			}
			if (len(got.Leased) == 1) != test.leased || (len(got.Busy) == 0) != test.leased {
				t.Errorf("got %+v, want leased %v", got, test.leased)
			}
		})
	}
}

func TestGivingBack(t *testing.T) {
	f := &fake{}
	a := New(f, nil)
	lease := workflows.LeaseInput{Account: "111122223333"}
	for name, call := range map[string]func() error{
		workflows.ReleaseUpdate: func() error {
			_, err := run[any](t, a.Release, workflows.ReleaseInput{Account: "111122223333"})
			return err
		},
		workflows.EndLeaseUpdate: func() error { _, err := run[any](t, a.EndLease, lease); return err },
		workflows.EndUsesUpdate:  func() error { _, err := run[any](t, a.EndUses, lease); return err },
	} {
		f.asked = nil
		if err := call(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if len(f.asked) != 1 || f.asked[0].name != name || f.asked[0].id == "" {
			t.Errorf("%s: asked %+v", name, f.asked)
		}
	}
}
