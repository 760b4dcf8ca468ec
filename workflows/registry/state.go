package registry

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"rekey/workflows"
)

// state is who holds what. Its operations are idempotent by holder: update ids are remembered for one run only.
type state struct {
	claims map[string]workflows.Holder // by canary id
	uses   map[workflows.Pair][]workflows.Holder
	leases map[workflows.Pair]workflows.Holder
}

func newState(resume *workflows.RegistryResume) *state {
	s := &state{
		claims: map[string]workflows.Holder{},
		uses:   map[workflows.Pair][]workflows.Holder{},
		leases: map[workflows.Pair]workflows.Holder{},
	}
	if resume == nil {
		return s
	}
	maps.Copy(s.claims, resume.Claims)
	for _, use := range resume.Uses {
		s.uses[use.Pair] = append(s.uses[use.Pair], use.Holder)
	}
	for _, lease := range resume.Leases {
		s.leases[lease.Pair] = lease.Holder
	}
	return s
}

func (s *state) empty() bool { return len(s.claims) == 0 && len(s.uses) == 0 && len(s.leases) == 0 }

// claim gives the holder the canaries that nobody else holds, and registers its uses, but of pairs whose access
// is just being revoked.
func (s *state) claim(in workflows.ClaimRequest) workflows.ClaimResult {
	s.drop(in.Ended)
	result := workflows.ClaimResult{}
	for _, canary := range in.Canaries {
		if other, ok := s.claims[canary]; ok && other.Migration != in.Holder.Migration {
			if result.Locked == nil {
				result.Locked = map[string]string{}
			}
			result.Locked[canary] = other.Migration
			continue
		}
		s.claims[canary] = in.Holder
	}
	for _, pair := range in.Uses {
		if other, ok := s.leases[pair]; ok && other != in.Holder {
			result.Revoking = append(result.Revoking, pair)
			continue
		}
		if !slices.Contains(s.uses[pair], in.Holder) {
			s.uses[pair] = append(s.uses[pair], in.Holder)
		}
	}
	return result
}

// lease gives the holder the pairs that nobody else uses or revokes.
func (s *state) lease(in workflows.LeaseRequest) workflows.LeaseResult {
	s.drop(in.Ended)
	result := workflows.LeaseResult{}
	for _, pair := range in.Pairs {
		if other, busy := s.inTheWay(pair, in.Holder); busy {
			result.Busy = append(result.Busy, workflows.Busy{Pair: pair, Holder: other})
			continue
		}
		s.leases[pair] = in.Holder
		result.Leased = append(result.Leased, pair)
	}
	return result
}

// inTheWay is another holder that uses or revokes the pair.
func (s *state) inTheWay(pair workflows.Pair, holder workflows.Holder) (workflows.Holder, bool) {
	if other, ok := s.leases[pair]; ok && other != holder {
		return other, true
	}
	for _, other := range s.uses[pair] {
		if other != holder {
			return other, true
		}
	}
	return workflows.Holder{}, false
}

func (s *state) endLease(in workflows.LeaseInput) {
	for _, pair := range in.Pairs {
		if s.leases[pair] == in.Holder {
			delete(s.leases, pair)
		}
	}
}

func (s *state) endUses(in workflows.LeaseInput) {
	for _, pair := range in.Pairs {
		s.endUse(pair, func(h workflows.Holder) bool { return h == in.Holder })
	}
}

func (s *state) endUse(pair workflows.Pair, ended func(workflows.Holder) bool) {
	if s.uses[pair] = slices.DeleteFunc(s.uses[pair], ended); len(s.uses[pair]) == 0 {
		delete(s.uses, pair)
	}
}

// release takes back all that a holder holds.
func (s *state) release(holder workflows.Holder) {
	s.remove(func(h workflows.Holder) bool { return h == holder })
}

// drop takes back all that ended migrations hold.
func (s *state) drop(ended []string) {
	if len(ended) > 0 {
		s.remove(func(h workflows.Holder) bool { return slices.Contains(ended, h.Migration) })
	}
}

func (s *state) remove(ended func(workflows.Holder) bool) {
	maps.DeleteFunc(s.claims, func(_ string, h workflows.Holder) bool { return ended(h) })
	maps.DeleteFunc(s.leases, func(_ workflows.Pair, h workflows.Holder) bool { return ended(h) })
	for _, pair := range slices.Collect(maps.Keys(s.uses)) { //workflowcheck:ignore the order leaves no trace
		s.endUse(pair, ended)
	}
}

// resume is the state for the next run, in a definite order.
func (s *state) resume() *workflows.RegistryResume {
	r := &workflows.RegistryResume{Claims: s.claims}
	for _, pair := range pairs(s.uses) {
		for _, holder := range s.uses[pair] {
			r.Uses = append(r.Uses, workflows.Busy{Pair: pair, Holder: holder})
		}
	}
	for _, pair := range pairs(s.leases) {
		r.Leases = append(r.Leases, workflows.Busy{Pair: pair, Holder: s.leases[pair]})
	}
	return r
}

func pairs[V any](m map[workflows.Pair]V) []workflows.Pair {
	return slices.SortedFunc(maps.Keys(m), func(a, b workflows.Pair) int {
		return cmp.Or(strings.Compare(a.RoleARN, b.RoleARN), strings.Compare(a.KeyARN, b.KeyARN))
	})
}
