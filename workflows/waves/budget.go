package waves

import "rekey/workflows"

// Allowed is how many failures a budget bears among so many canaries; nil for any number.
func Allowed(b *workflows.Budget, canaries int) *int {
	if b == nil || b.Count == nil && b.Percent == nil {
		return nil
	}
	allowed := canaries // more can't fail
	if b.Count != nil {
		allowed = min(allowed, *b.Count)
	}
	if b.Percent != nil {
		allowed = min(allowed, canaries**b.Percent/100)
	}
	return &allowed
}

// UsedUp reports whether more failed than a budget bears.
func UsedUp(s workflows.BudgetState) bool { return s.Allowed != nil && s.Failed > *s.Allowed }

// Unbounded is no bound on permits.
const Unbounded = -1

// Permits is how many permits there may be in all: failures that are charged, and canaries in flight. A budget of n failures
// is n+1 permits, for the whole and for the wave, whose budget does not know the failures of the waves before; a bound on what
// is in flight is that many beside the failures.
func Permits(whole, wave workflows.BudgetState, maxInFlight int) int {
	permits := Unbounded
	bound := func(n int) {
		if permits == Unbounded || n < permits {
			permits = n
		}
	}
	if whole.Allowed != nil {
		bound(*whole.Allowed + 1)
	}
	if wave.Allowed != nil {
		bound(*wave.Allowed + 1 + max(whole.Failed-wave.Failed, 0))
	}
	if maxInFlight > 0 {
		bound(maxInFlight + whole.Failed)
	}
	return permits
}

// Account is what is known of a cell's permits.
type Account struct {
	// Told are the permits that it was told last, and Follows whether it has reported since that it follows.
	Told    int
	Follows bool
	// Has are those that it reported to have, Failed those of them that failures burned, and InFlight those in use.
	Has, Failed, InFlight int
	// Wants is how many canaries of the wave it would have in flight now, if nothing bound it.
	Wants int
}

// holds is how many permits the cell may have, on what is known.
func (a Account) holds() int {
	n := max(a.Has, a.Failed+a.InFlight)
	if !a.Follows {
		n = max(n, a.Told)
	}
	return n
}

// Allot says how many permits each cell is to have, so that all together never have more than there are: whatever a cell may
// have counts until it has reported otherwise. Free permits go around, one to a cell and turn. A cell that has more than it
// wants keeps them until it gives them back; where there are too many in all, those that are not in use are called back.
func Allot(permits int, accounts []Account) []int {
	to := make([]int, len(accounts))
	if permits == Unbounded {
		for i := range to {
			to[i] = Unbounded
		}
		return to
	}
	free := permits
	for i, a := range accounts {
		to[i] = a.holds()
		free -= to[i]
	}
	for free < 0 {
		if !callBack(to, accounts, &free) {
			return to
		}
	}
	for free > 0 {
		if !give(to, accounts, &free) {
			return to
		}
	}
	return to
}

// callBack takes one permit from each cell that does not use it. It reports whether any did.
func callBack(to []int, accounts []Account, free *int) bool {
	some := false
	for i, a := range accounts {
		if *free < 0 && to[i] > a.Failed+a.InFlight {
			to[i]--
			*free++
			some = true
		}
	}
	return some
}

// give gives one permit to each cell that wants more than it has. It reports whether any did.
func give(to []int, accounts []Account, free *int) bool {
	some := false
	for i, a := range accounts {
		if *free > 0 && to[i] < a.Failed+a.Wants {
			to[i]++
			*free--
			some = true
		}
	}
	return some
}
