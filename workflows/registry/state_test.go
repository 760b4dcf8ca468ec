package registry

import (
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rekey/workflows"
)

var (
	first  = workflows.Holder{Migration: "m-1", Region: "eu-west-1"}
	second = workflows.Holder{Migration: "m-2", Region: "eu-west-1"}
	pair   = workflows.Pair{RoleARN: "role", KeyARN: "key"}
)

func claimOf(h workflows.Holder, canaries []string, uses ...workflows.Pair) workflows.ClaimRequest {
	return workflows.ClaimRequest{ClaimInput: workflows.ClaimInput{Holder: h, Canaries: canaries, Uses: uses}}
}

func leaseOf(h workflows.Holder) workflows.LeaseRequest {
	return workflows.LeaseRequest{LeaseInput: workflows.LeaseInput{Holder: h, Pairs: []workflows.Pair{pair}}}
}

func TestSecondMigrationIsRefusedWithTheFirstsID(t *testing.T) {
	s := newState(nil)
	s.claim(claimOf(first, []string{"a", "b"}))
	got := s.claim(claimOf(second, []string{"b", "c"}))
	if diff := cmp.Diff(workflows.ClaimResult{Locked: map[string]workflows.Holder{"b": first}}, got); diff != "" {
		t.Fatal(diff)
	}
	if again := s.claim(claimOf(first, []string{"a", "b"})); again.Locked != nil {
		t.Errorf("claiming again what is held is refused: %v", again.Locked)
	}
	s.release(workflows.ReleaseInput{Holder: first})
	if again := s.claim(claimOf(second, []string{"b"})); again.Locked != nil {
		t.Errorf("still locked after the release: %v", again.Locked)
	}
}

func TestClaimsOfEndedMigrationsAreTakenOver(t *testing.T) {
	s := newState(nil)
	s.claim(claimOf(first, []string{"a"}, pair))
	in := claimOf(second, []string{"a"}, pair)
	in.Ended = []workflows.Holder{first}
	if got := s.claim(in); got.Locked != nil {
		t.Fatalf("locked by a migration that has ended: %v", got.Locked)
	}
	s.endUses(workflows.LeaseInput{Holder: second, Pairs: []workflows.Pair{pair}})
	if got := s.lease(leaseOf(second)); len(got.Busy) > 0 {
		t.Fatalf("in use by a migration that has ended: %v", got.Busy)
	}
}

func TestRevokeWaitsForEveryUseAndUsesWaitForTheRevoke(t *testing.T) {
	s := newState(nil)
	s.claim(claimOf(first, nil, pair))
	s.claim(claimOf(second, nil, pair))
	s.endUses(workflows.LeaseInput{Holder: first, Pairs: []workflows.Pair{pair}})
	if got := s.lease(leaseOf(first)); len(got.Leased) > 0 || got.Busy[0].Holder != second {
		t.Fatalf("leased though the second migration uses it: %+v", got)
	}
	s.endUses(workflows.LeaseInput{Holder: second, Pairs: []workflows.Pair{pair}})
	if got := s.lease(leaseOf(first)); len(got.Leased) != 1 {
		t.Fatalf("not leased: %+v", got)
	}
	if got := s.claim(claimOf(second, nil, pair)); len(got.Revoking) != 1 {
		t.Fatalf("a new use came in between observing and removing: %+v", got)
	}
	s.endLease(workflows.LeaseInput{Holder: first, Pairs: []workflows.Pair{pair}})
	if got := s.claim(claimOf(second, nil, pair)); len(got.Revoking) != 0 {
		t.Fatalf("the use still waits: %+v", got)
	}
}

func TestReleaseKeepsTheUsesOfWhatIsNotSettled(t *testing.T) {
	s := newState(nil)
	s.claim(claimOf(first, []string{"a"}, pair))
	s.release(workflows.ReleaseInput{Holder: first, Keep: []workflows.Pair{pair}})
	if got := s.claim(claimOf(second, []string{"a"})); got.Locked != nil {
		t.Errorf("the claims were kept: %v", got.Locked)
	}
	if got := s.lease(leaseOf(second)); len(got.Busy) != 1 || got.Busy[0].Holder != first {
		t.Errorf("the key of an unsettled canary could be revoked: %+v", got)
	}
	s.release(workflows.ReleaseInput{Holder: first})
	if got := s.lease(leaseOf(second)); len(got.Leased) != 1 {
		t.Errorf("not leased after the end: %+v", got)
	}
}

// TestNoLeaseBesideAUse takes random operations of several migrations in random order: in no state is a pair
// leased by one and used by another, and a state survives being handed on.
func TestNoLeaseBesideAUse(t *testing.T) {
	for seed := range uint64(200) {
		random := rand.New(rand.NewPCG(seed, 1))
		s := newState(nil)
		for range 100 {
			step(s, random)
			if random.IntN(10) == 0 {
				s = newState(s.resume())
			}
			for _, lease := range s.leases {
				if user, busy := another(s.uses, lease.Pair, lease.Holder); busy {
					t.Fatalf("seed %d: %v is leased by %v and used by %v", seed, lease.Pair, lease.Holder, user)
				}
				if other, busy := another(s.leases, lease.Pair, lease.Holder); busy {
					t.Fatalf("seed %d: %v is leased by %v and by %v", seed, lease.Pair, lease.Holder, other)
				}
			}
		}
	}
}

func step(s *state, random *rand.Rand) {
	holder := workflows.Holder{Migration: string(rune('a' + random.IntN(3))), Region: "r" + string(rune('1'+random.IntN(2)))}
	p := workflows.Pair{RoleARN: "role", KeyARN: string(rune('k' + random.IntN(3)))}
	in := workflows.LeaseInput{Holder: holder, Pairs: []workflows.Pair{p}}
	switch random.IntN(6) {
	case 0:
		s.claim(claimOf(holder, []string{string(rune('x' + random.IntN(3)))}, p))
	case 1:
		s.endUses(in)
	case 2:
		s.lease(workflows.LeaseRequest{LeaseInput: in})
	case 3:
		s.endLease(in)
	case 4:
		s.release(workflows.ReleaseInput{Holder: holder})
	case 5:
		s.lease(workflows.LeaseRequest{LeaseInput: in, Ended: []workflows.Holder{{Migration: "c", Region: "r1"}}})
	}
}
