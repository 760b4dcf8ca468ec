// Package script draws what happens in a campaign: a fleet, the migrations of it, and what goes wrong meanwhile. A seed
// decides all of it.
package script

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"time"

	"rekey/awssim/fault"
	"rekey/awssim/fleet"
	rekeyv1 "rekey/gen/rekey/v1"
)

// Script is a campaign before it is played.
type Script struct {
	Seed  uint64
	Fleet *fleet.Fleet
	// Migrations are in the order in which they are created.
	Migrations []Migration
	// Acts are in order of their times.
	Acts []Act
}

// Migration is what an operator wants, and when. Times are simulated, from the world's start.
type Migration struct {
	Spec    *rekeyv1.MigrationSpec
	Create  time.Duration
	Approve time.Duration
	// Retry has what failed tried again once the migration rests, RollBack has it rolled back then.
	Retry    bool
	RollBack bool
	// GiveUp has it cancelled when something pauses it that an operator has to look at; otherwise it goes on.
	GiveUp bool
}

// Kind is what an act does.
type Kind string

// The kinds of acts: of operators, of AWS, and of the accounts' owners.
const (
	Pause    Kind = "pause"
	Resume   Kind = "resume"
	Cancel   Kind = "cancel"
	Return   Kind = "cancel-and-return"
	RollBack Kind = "roll-back"

	Weather        Kind = "weather" // the rules by which calls fail from now on
	RestartWorker  Kind = "worker-restarted"
	SiteDown       Kind = "site-down"
	SiteUp         Kind = "site-up"
	SilentRollBack Kind = "silent-roll-back"

	DeleteCanary      Kind = "canary-deleted"
	EditEncryption    Kind = "encryption-edited"
	EditSchedule      Kind = "schedule-edited"
	StopCanary        Kind = "canary-stopped"
	StartCanary       Kind = "canary-started"
	DisableKey        Kind = "key-disabled"
	EnableKey         Kind = "key-enabled"
	DeleteRole        Kind = "role-deleted"
	LeaveOrganization Kind = "account-left"
)

// IsFault reports whether an act of that kind is counted as a fault by itself: not what operators do, not what only ends
// another act, and not the weather, of which every call that it hits is counted.
func (k Kind) IsFault() bool {
	return !slices.Contains([]Kind{Pause, Resume, Cancel, Return, RollBack, Weather, SiteUp, StartCanary, EnableKey}, k)
}

// Act is something that somebody does, or that happens.
type Act struct {
	// At is simulated, from the world's start.
	At   time.Duration
	Kind Kind
	// Migration is the place of the migration that a verb is about.
	Migration int
	// Canary is the place of the canary in the fleet.
	Canary int
	// ARN is a key's or a role's, Account an account's.
	ARN, Account string
	// Schedule is an owner's new one.
	Schedule string
	// Rules are the weather.
	Rules []fault.Rule
}

// Config bounds what is drawn.
type Config struct {
	// TimeScale is how many times faster than real time the world runs.
	TimeScale float64
	// Without leaves acts of these kinds out; everything else stays as it was.
	Without []Kind
}

// New draws a campaign.
func New(seed uint64, c Config) *Script {
	d := &dice{rand.New(rand.NewPCG(seed, 0))} //nolint:gosec // repeatable on purpose
	s := &Script{Seed: seed, Fleet: d.fleet(seed, c.TimeScale)}
	for i := range oneOf(d, 1, 2, 2, 3) {
		s.migration(d, i)
	}
	s.weather(d)
	s.owners(d)
	s.Acts = slices.DeleteFunc(s.Acts, func(a Act) bool { return slices.Contains(c.Without, a.Kind) })
	slices.SortStableFunc(s.Acts, func(a, b Act) int { return cmp.Compare(a.At, b.At) })
	return s
}

// End is when the last act is over.
func (s *Script) End() time.Duration {
	var end time.Duration
	for _, m := range s.Migrations {
		end = max(end, m.Create, m.Approve)
	}
	for _, a := range s.Acts {
		end = max(end, a.At)
	}
	return end
}

func (s *Script) add(at time.Duration, k Kind, more func(*Act)) {
	a := Act{At: at, Kind: k}
	if more != nil {
		more(&a)
	}
	s.Acts = append(s.Acts, a)
}
