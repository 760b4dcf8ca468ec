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
	// Early are the acts from the world's start on: they meet migrations that are planned. Late are those whose times count
	// from the approval of the first migration: however fast the machine plans, they meet canaries on their way. Both are in
	// order of their times.
	Early, Late []Act
}

// Acts are all acts, the early ones first.
func (s *Script) Acts() []Act { return slices.Concat(s.Early, s.Late) }

// Migration is what an operator wants.
type Migration struct {
	Spec *rekeyv1.MigrationSpec
	// Create is when it is created, simulated, from the world's start; Approve is how long its plan lies before it is approved.
	Create, Approve time.Duration
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
	// At is simulated.
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
	s.weather(d, &s.Early, 1+d.IntN(3))
	s.weather(d, &s.Late, 5+d.IntN(7))
	s.owners(d)
	for _, acts := range []*[]Act{&s.Early, &s.Late} {
		*acts = slices.DeleteFunc(*acts, func(a Act) bool { return slices.Contains(c.Without, a.Kind) })
		slices.SortStableFunc(*acts, func(a, b Act) int { return cmp.Compare(a.At, b.At) })
	}
	return s
}

// add adds a late act.
func (s *Script) add(at time.Duration, k Kind, more func(*Act)) { add(&s.Late, at, k, more) }

func add(acts *[]Act, at time.Duration, k Kind, more func(*Act)) {
	a := Act{At: at, Kind: k}
	if more != nil {
		more(&a)
	}
	*acts = append(*acts, a)
}
