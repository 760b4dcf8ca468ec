package script

import (
	"time"

	"rekey/awssim/fleet"
	"rekey/awssim/synthetics"
)

// owners draws what happens beside the migrations, most of it while canaries are on their way: to canaries, keys, roles and
// accounts.
func (s *Script) owners(d *dice) {
	when := func() time.Duration { return d.between(0, horizon) }
	for _, k := range []Kind{SiteDown, SilentRollBack, SilentRollBack, DeleteCanary, EditEncryption, EditSchedule, StopCanary} {
		for _, i := range s.pick(d, d.IntN(3)) {
			at := when()
			s.add(at, k, func(a *Act) {
				a.Canary = i
				a.Schedule = oneOf(d, "rate(2 minutes)", "rate(4 minutes)", "rate(6 minutes)")
			})
			switch k {
			case SiteDown:
				s.add(at+d.between(time.Minute, 10*time.Minute), SiteUp, func(a *Act) { a.Canary = i })
			case StopCanary:
				s.add(at+d.between(time.Minute, 5*time.Minute), StartCanary, func(a *Act) { a.Canary = i })
			default:
			}
		}
	}
	s.keys(d, when)
	if d.chance(45) {
		c := oneOf(d, s.Fleet.Canaries...)
		s.add(when(), DeleteRole, func(a *Act) { a.ARN = s.Fleet.Names().Role(c.Role, c.Account) })
	}
	if d.chance(35) {
		account := s.Fleet.Accounts[len(s.Fleet.Accounts)-1].ID // a member: the hub is the first
		s.add(when(), LeaveOrganization, func(a *Act) { a.Account = account })
	}
	if d.chance(25) {
		s.add(when(), RestartWorker, nil)
	}
}

// keys draws keys that are disabled, most of which are enabled again.
func (s *Script) keys(d *dice, when func() time.Duration) {
	for range oneOf(d, 0, 0, 1, 1, 2) {
		k := oneOf(d, s.Fleet.Keys...)
		arn := s.Fleet.Names().Key(k.Name, k.Account, k.Region)
		at := when()
		s.add(at, DisableKey, func(a *Act) { a.ARN = arn })
		if d.chance(70) {
			s.add(at+d.between(2*time.Minute, 8*time.Minute), EnableKey, func(a *Act) { a.ARN = arn })
		}
	}
}

// ARN is the ARN of a canary of the fleet, by its place.
func (s *Script) ARN(canary int) string { return ARN(&s.Fleet.Canaries[canary]) }

// ARN is the ARN of a canary.
func ARN(c *fleet.Canary) string { return synthetics.ARN(c.Account, c.Region, c.Name) }
