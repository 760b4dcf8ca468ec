package e2e

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"

	rekeyv1 "rekey/gen/rekey/v1"
)

// propertyScale is how much faster than real time a random world runs.
const propertyScale = 120

// propertySeeds are how many worlds are tried unless REKEY_SEEDS says otherwise.
const propertySeeds = 3

// TestNoConsumerLosesItsKey plays random scripts on random fleets: migrations side by side, of canaries that share roles
// and keys, by whichever policies, cancelled, rolled back, terminated, with AWS failing, sites going down and workers
// restarting. In no state on the way does a canary lack a key that it had, because of a migration. REKEY_SEEDS says how many
// worlds are tried, REKEY_SEED which single one is tried again: its fleet and its script are the same, though not its
// timing.
func TestNoConsumerLosesItsKey(t *testing.T) {
	for _, seed := range seeds(t) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			dice := rand.New(rand.NewPCG(seed, 0)) //nolint:gosec // repeatable on purpose
			f := randomFleet(t, dice)
			s := start(t, f)
			p := newPlay(s, randomScript(s, dice, f))
			t.Cleanup(func() {
				t.Logf("REKEY_SEED=%d tries this again:\n%s", seed, p)
			})
			before := s.all()
			p.run()
			p.judge(before)
		})
	}
}

// seeds are those that the environment asks for.
func seeds(t *testing.T) []uint64 {
	t.Helper()
	number := func(name string) (uint64, bool) {
		text := os.Getenv(name)
		if text == "" {
			return 0, false
		}
		n, err := strconv.ParseUint(text, 10, 64)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		return n, true
	}
	if seed, ok := number("REKEY_SEED"); ok {
		return []uint64{seed}
	}
	n, ok := number("REKEY_SEEDS")
	if !ok {
		n = propertySeeds
	}
	var list []uint64
	for seed := range n {
		list = append(list, seed+1)
	}
	return list
}

// judge fails the test when a migration took from a canary what it needs, cost a run, touched what no plan listed, or
// left a canary without a named outcome.
func (p *play) judge(before permissions) {
	p.t.Helper()
	p.undisturbed()
	if wrong := p.changedOutside(before, p.planned); wrong != "" {
		p.t.Errorf("what is not the migrations' was touched: %s", wrong)
	}
	for i, id := range p.ids {
		for _, region := range p.script.specs[i].GetSelection().GetRegions() {
			if p.gone[id+region] {
				continue // what it had done is not told by anybody
			}
			for name, c := range p.list(&rekeyv1.ListCanariesRequest{MigrationId: id, AccountId: shop, Region: region}) {
				p.tell("%s is %s in %c, %s; its old access %s", name, suffix(c.GetState(), "CANARY_STATE_"), 'A'+i,
					c.GetProblem().GetMessage(), suffix(c.GetOldAccess().GetState(), "OLD_ACCESS_STATE_"))
				if !hasOutcome(c) {
					p.t.Errorf("%s has no named outcome in migration %c: %s in step %s, %v", name, 'A'+i, c.GetState(), c.GetStep(), c.GetProblem())
				}
			}
		}
	}
}

// hasOutcome reports whether a canary ended as the plan had it, or in another state with the reason.
func hasOutcome(c *rekeyv1.Canary) bool {
	switch c.GetState() {
	case migrated:
		return c.GetOldAccess().GetState() != held || c.GetOldAccess().GetHeldBecause().GetReason() != 0
	case skipped, blocked, returned, unverified, rekeyv1.CanaryState_CANARY_STATE_FAILED, rekeyv1.CanaryState_CANARY_STATE_CANCELLED:
		return c.GetProblem().GetReason() != 0
	default:
		return false
	}
}
