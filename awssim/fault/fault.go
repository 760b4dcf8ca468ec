// Package fault makes the simulated AWS fail as the real one does: throttling, server errors before or after
// the effect, ended sessions, and latency, per service, operation and account.
package fault

import (
	"math/rand/v2"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"rekey/awssim/calls"
	"rekey/awssim/clock"
	"rekey/awssim/wire"
)

// Rule makes the calls that it matches fail. An empty Service, Operation, Account or Region matches all.
type Rule struct {
	// Service is a signing name, for example kms; Operation the operation's name, for example CreateGrant.
	Service   string `json:"service,omitempty"`
	Operation string `json:"operation,omitempty"`
	// Account is the caller's.
	Account string `json:"account,omitempty"`
	Region  string `json:"region,omitempty"`

	// Limit throttles the calls beyond so many per real second; 0 means no limit.
	Limit float64 `json:"limit,omitempty"`
	// Throttle, FailBefore, FailAfter, Expire and Unrecognized are probabilities, 0-1: of throttling, of a server error
	// without effect, of one although the call took effect, of an ended session, and of credentials that are not
	// recognized, as those of sessions from another Region may be.
	Throttle     float64 `json:"throttle,omitempty"`
	FailBefore   float64 `json:"failBefore,omitempty"`
	FailAfter    float64 `json:"failAfter,omitempty"`
	Expire       float64 `json:"expire,omitempty"`
	Unrecognized float64 `json:"unrecognized,omitempty"`
	// LatencyMillis is real time by which the answer is delayed.
	LatencyMillis int `json:"latencyMillis,omitempty"`
	// Times ends the rule after so many calls that it matched; 0 means never.
	Times int64 `json:"times,omitempty"`
}

// Injector applies the rules that are set. It is safe for concurrent use.
type Injector struct {
	// Throttled counts the calls that were throttled.
	Throttled calls.Counter

	seed  uint64
	rules atomic.Pointer[[]*active]
}

// active is a rule with its state.
type active struct {
	Rule
	seed    uint64
	matched atomic.Int64
	mu      sync.Mutex
	tokens  float64
	filled  time.Time
}

// New is an injector without rules. The seed decides the dice: the n-th call that a rule matches has the same
// fate in every world of that seed.
func New(seed uint64) *Injector { return &Injector{seed: seed} }

// Set replaces all rules.
func (i *Injector) Set(rules []Rule) {
	list := make([]*active, len(rules))
	for n, r := range rules {
		list[n] = &active{Rule: r, seed: i.seed + uint64(n), tokens: max(r.Limit, 1), filled: clock.Real()}
	}
	i.rules.Store(&list)
}

// Rules are the rules that are set.
func (i *Injector) Rules() []Rule {
	list := []Rule{}
	if set := i.rules.Load(); set != nil {
		for _, a := range *set {
			list = append(list, a.Rule)
		}
	}
	return list
}

// Serve has the service answer the call, unless a rule that matches has another fate for it.
func (i *Injector) Serve(w http.ResponseWriter, c *wire.Call, s wire.Service, p wire.Protocol) {
	set := i.rules.Load()
	if set == nil || len(*set) == 0 {
		s.Serve(w, c)
		return
	}
	operation := s.Operation(c)
	for _, a := range *set {
		if !a.matches(s.SigningName(), operation, c) {
			continue
		}
		if a.apply(w, c, s, p, func() { i.Throttled.Add(s.SigningName(), operation) }) {
			return
		}
	}
	s.Serve(w, c)
}

func (a *active) matches(service, operation string, c *wire.Call) bool {
	is := func(want, got string) bool { return want == "" || want == got }
	return is(a.Service, service) && is(a.Operation, operation) && is(a.Account, c.Principal.Account) && is(a.Region, c.Region)
}

// apply is true when it has answered; a call that it throttles is told.
func (a *active) apply(w http.ResponseWriter, c *wire.Call, s wire.Service, p wire.Protocol, throttled func()) bool {
	n := a.matched.Add(1)
	if a.Times > 0 && n > a.Times {
		return false
	}
	dice := rand.New(rand.NewPCG(a.seed, uint64(n))) //nolint:gosec // repeatable on purpose
	clock.WaitReal(c.HTTP.Context(), time.Duration(a.LatencyMillis)*time.Millisecond)
	switch {
	case a.Limit > 0 && !a.take(clock.Real()), dice.Float64() < a.Throttle:
		throttled()
		p.WriteError(w, p.Failure(wire.Throttled, "Rate exceeded"))
	case dice.Float64() < a.Expire:
		p.WriteError(w, p.Failure(wire.Expired, "The security token included in the request is expired"))
	case a.Unrecognized > 0 && dice.Float64() < a.Unrecognized: // no dice where it is not set: fates stay as they were
		p.WriteError(w, p.Failure(wire.UnknownKey, "The security token included in the request is invalid."))
	case dice.Float64() < a.FailBefore:
		p.WriteError(w, p.Failure(wire.Internal, "We encountered an internal error. Please try again."))
	case dice.Float64() < a.FailAfter:
		s.Serve(&lost{header: w.Header().Clone()}, c)
		p.WriteError(w, p.Failure(wire.Internal, "We encountered an internal error. Please try again."))
	default:
		return false
	}
	return true
}

// take takes a token out of a bucket that holds a second's.
func (a *active) take(now time.Time) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.tokens = min(a.tokens+now.Sub(a.filled).Seconds()*a.Limit, max(a.Limit, 1))
	a.filled = now
	if a.tokens < 1 {
		return false
	}
	a.tokens--
	return true
}

// lost takes an answer that never arrives.
type lost struct{ header http.Header }

func (l *lost) Header() http.Header         { return l.header }
func (l *lost) Write(b []byte) (int, error) { return len(b), nil }
func (l *lost) WriteHeader(int)             {}
