package registry

import (
	"slices"

	"go.temporal.io/sdk/workflow"

	"rekey/workflows"
)

// state is who holds what. Its operations are idempotent by holder: update ids are remembered for one run only.
// Uses and leases are lists, for an account has few and their order must be definite.
type state struct {
	claims map[string]workflows.Holder // by canary id
	uses   []workflows.Busy
	leases []workflows.Busy
}

func newState(resume *workflows.RegistryResume) *state {
	s := &state{claims: map[string]workflows.Holder{}}
	if resume != nil {
		s.uses, s.leases = resume.Uses, resume.Leases
		if resume.Claims != nil {
			s.claims = resume.Claims
		}
	}
	return s
}

// resume is the state for the next run.
func (s *state) resume() *workflows.RegistryResume {
	return &workflows.RegistryResume{Claims: s.claims, Uses: s.uses, Leases: s.leases}
}

func (s *state) empty() bool { return len(s.claims) == 0 && len(s.uses) == 0 && len(s.leases) == 0 }

// holders are who has claimed those of the canaries that are claimed.
func (s *state) holders(canaries []string) map[string]workflows.Holder {
	claimed := map[string]workflows.Holder{}
	for _, canary := range canaries {
		if holder, ok := s.claims[canary]; ok {
			claimed[canary] = holder
		}
	}
	return claimed
}

// claim gives the holder the canaries that nobody else holds, and registers its uses, but of pairs whose access
// is just being revoked.
func (s *state) claim(in workflows.ClaimRequest) workflows.ClaimResult {
	s.drop(in.Ended)
	result := workflows.ClaimResult{}
	for _, canary := range in.Canaries {
		if other, ok := s.claims[canary]; ok && other.Migration != in.Holder.Migration {
			if result.Locked == nil {
				result.Locked = map[string]workflows.Holder{}
			}
			result.Locked[canary] = other
			continue
		}
		s.claims[canary] = in.Holder
	}
	for _, pair := range in.Uses {
		if other, busy := another(s.leases, pair, in.Holder); busy {
			result.Revoking = append(result.Revoking, workflows.Busy{Pair: pair, Holder: other})
			continue
		}
		s.uses = with(s.uses, workflows.Busy{Pair: pair, Holder: in.Holder})
	}
	return result
}

// lease gives the holder the pairs that nobody else uses or revokes.
func (s *state) lease(in workflows.LeaseRequest) workflows.LeaseResult {
	s.drop(in.Ended)
	result := workflows.LeaseResult{}
	for _, pair := range in.Pairs {
		holder, busy := another(s.leases, pair, in.Holder)
		if !busy {
			holder, busy = another(s.uses, pair, in.Holder)
		}
		if busy {
			result.Busy = append(result.Busy, workflows.Busy{Pair: pair, Holder: holder})
			continue
		}
		s.leases = with(s.leases, workflows.Busy{Pair: pair, Holder: in.Holder})
		result.Leased = append(result.Leased, pair)
	}
	return result
}

func (s *state) endLease(in workflows.LeaseInput) { s.leases = without(s.leases, in) }

func (s *state) endUses(in workflows.LeaseInput) { s.uses = without(s.uses, in) }

// release takes back all that a holder holds, but the uses of the pairs to keep.
func (s *state) release(in workflows.ReleaseInput) {
	s.remove(func(h workflows.Holder) bool { return h == in.Holder })
	for _, pair := range in.Keep {
		s.uses = with(s.uses, workflows.Busy{Pair: pair, Holder: in.Holder})
	}
}

// drop takes back all that ended holders hold.
func (s *state) drop(ended []workflows.Holder) {
	if len(ended) > 0 {
		s.remove(func(h workflows.Holder) bool { return slices.Contains(ended, h) })
	}
}

func (s *state) remove(ended func(workflows.Holder) bool) {
	for _, canary := range workflow.DeterministicKeys(s.claims) {
		if ended(s.claims[canary]) {
			delete(s.claims, canary)
		}
	}
	s.uses = slices.DeleteFunc(s.uses, func(b workflows.Busy) bool { return ended(b.Holder) })
	s.leases = slices.DeleteFunc(s.leases, func(b workflows.Busy) bool { return ended(b.Holder) })
}

// another is a holder of the pair other than the given one.
func another(list []workflows.Busy, pair workflows.Pair, holder workflows.Holder) (workflows.Holder, bool) {
	for _, b := range list {
		if b.Pair == pair && b.Holder != holder {
			return b.Holder, true
		}
	}
	return workflows.Holder{}, false
}

func with(list []workflows.Busy, b workflows.Busy) []workflows.Busy {
	if slices.Contains(list, b) {
		return list
	}
	return append(list, b)
}

func without(list []workflows.Busy, in workflows.LeaseInput) []workflows.Busy {
	return slices.DeleteFunc(list, func(b workflows.Busy) bool {
		return b.Holder == in.Holder && slices.Contains(in.Pairs, b.Pair)
	})
}
