// Package fault makes the simulated AWS fail as the real one does: throttling, server errors and reset connections
// before or after the effect, ended sessions, stale reads, and latency, per service, operation and account.
package fault

import (
	"math/rand/v2"
	"net"
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
	// Burst is how many calls may come at once below a limit, which its bucket holds: a second's, and one at least, when 0.
	// AWS's documented buckets hold a second's or more (EC2 API, request throttling: 100 calls, at 20 a second).
	Burst float64 `json:"burst,omitempty"`
	// Throttle, FailBefore, FailAfter, Expire and Unrecognized are probabilities, 0-1: of throttling, of a server error
	// without effect, of one although the call took effect, of an ended session, and of credentials that are not
	// recognized, as those of sessions from another Region may be.
	Throttle     float64 `json:"throttle,omitempty"`
	FailBefore   float64 `json:"failBefore,omitempty"`
	FailAfter    float64 `json:"failAfter,omitempty"`
	Expire       float64 `json:"expire,omitempty"`
	Unrecognized float64 `json:"unrecognized,omitempty"`
	// Reset and ResetAfter are probabilities, 0-1, of a connection that is reset before the call has an effect, and after
	// it: the caller can't tell which.
	Reset      float64 `json:"reset,omitempty"`
	ResetAfter float64 `json:"resetAfter,omitempty"`
	// Stale is the probability, 0-1, that a read (Get, List, Describe) is answered as the same question was answered up
	// to StaleSeconds (simulated; 10 when 0) before. Only answers since the rule was set are known. Documented for IAM,
	// KMS and Organizations, which are eventually consistent; S3 reads what was written (Amazon S3 User Guide, data
	// consistency model), and of Synthetics nothing is said.
	Stale        float64 `json:"stale,omitempty"`
	StaleSeconds float64 `json:"staleSeconds,omitempty"`
	// LatencyMillis is real time by which the answer is delayed.
	LatencyMillis int `json:"latencyMillis,omitempty"`
	// Times ends the rule after so many calls that it matched; 0 means never.
	Times int64 `json:"times,omitempty"`
}

// Injector applies the rules that are set. It is safe for concurrent use.
type Injector struct {
	seed  uint64
	now   func() time.Time
	rules atomic.Pointer[[]*active]

	mu  sync.Mutex
	met map[Kind]*calls.Counter
}

// Kind is what a call met.
type Kind string

// The kinds of faults.
const (
	Late         Kind = "late"
	Throttled    Kind = "throttled"
	Expired      Kind = "expired"
	Unrecognized Kind = "unrecognized"
	FailedBefore Kind = "failed-before"
	FailedAfter  Kind = "failed-after"
	Reset        Kind = "reset-before"
	ResetAfter   Kind = "reset-after"
	StaleRead    Kind = "stale-read"
)

// Injected is how many calls have met a fault so far, by its kind; a call may be late and meet another too.
func (i *Injector) Injected() map[Kind]int64 {
	i.mu.Lock()
	defer i.mu.Unlock()
	injected := map[Kind]int64{}
	for k, counter := range i.met {
		for _, n := range counter.Counts() {
			injected[k] += n
		}
	}
	return injected
}

// Met are the calls that have met a fault of a kind so far, by "service:Operation".
func (i *Injector) Met(k Kind) map[string]int64 { return i.counter(k).Counts() }

func (i *Injector) counter(k Kind) *calls.Counter {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.met[k] == nil {
		i.met[k] = &calls.Counter{}
	}
	return i.met[k]
}

// active is a rule with its state.
type active struct {
	Rule
	seed    uint64
	matched atomic.Int64
	mu      sync.Mutex
	tokens  float64
	filled  time.Time
	past    memory
}

// New is an injector without rules. The seed decides the dice: the n-th call that a rule matches has the same
// fate in every world of that seed. The age of stale reads is told by now.
func New(seed uint64, now func() time.Time) *Injector {
	return &Injector{seed: seed, now: now, met: map[Kind]*calls.Counter{}}
}

// Set replaces all rules.
func (i *Injector) Set(rules []Rule) {
	list := make([]*active, len(rules))
	for n, r := range rules {
		list[n] = &active{Rule: r, seed: i.seed + uint64(n), tokens: r.bucket(), filled: clock.Real()}
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
	service, operation := s.SigningName(), s.Operation(c)
	count := func(k Kind) { i.counter(k).Add(service, operation) }
	for _, a := range *set {
		if !a.matches(service, operation, c) {
			continue
		}
		n := a.matched.Add(1)
		if a.Times > 0 && n > a.Times {
			continue
		}
		if a.LatencyMillis > 0 {
			count(Late)
			clock.WaitReal(c.HTTP.Context(), time.Duration(a.LatencyMillis)*time.Millisecond)
		}
		if kind, befall := a.fate(n, w, c, s, p); kind != "" {
			count(kind) // before the caller knows
			befall()
			return
		}
		if a.Stale > 0 && isRead(operation) {
			if a.replay(n, w, c, i.now()) {
				count(StaleRead)
				return
			}
			s = remembered{s, a, i.now}
		}
	}
	s.Serve(w, c)
}

func (a *active) matches(service, operation string, c *wire.Call) bool {
	is := func(want, got string) bool { return want == "" || want == got }
	return is(a.Service, service) && is(a.Operation, operation) && is(a.Account, c.Principal.Account) && is(a.Region, c.Region)
}

// fate is what befalls the n-th call that the rule matches: the kind of fault, and what answers the call then, or leaves it without
// an answer; "" where the call goes on.
func (a *active) fate(n int64, w http.ResponseWriter, c *wire.Call, s wire.Service, p wire.Protocol) (Kind, func()) {
	fails := func(e wire.Failure, message string) func() { return func() { p.WriteError(w, p.Failure(e, message)) } }
	unanswered := func() { s.Serve(&lost{header: w.Header().Clone()}, c) }
	dice := rand.New(rand.NewPCG(a.seed, uint64(n))) //nolint:gosec // repeatable on purpose
	// Where a probability was added later, no dice are thrown unless it is set: the fates of older rules stay as they were.
	switch {
	case a.Limit > 0 && !a.take(clock.Real()), dice.Float64() < a.Throttle:
		return Throttled, fails(wire.Throttled, "Rate exceeded")
	case dice.Float64() < a.Expire:
		return Expired, fails(wire.Expired, "The security token included in the request is expired")
	case a.Unrecognized > 0 && dice.Float64() < a.Unrecognized:
		return Unrecognized, fails(wire.UnknownKey, "The security token included in the request is invalid.")
	case a.Reset > 0 && dice.Float64() < a.Reset:
		return Reset, func() { reset(w) }
	case dice.Float64() < a.FailBefore:
		return FailedBefore, fails(wire.Internal, internalError)
	case dice.Float64() < a.FailAfter:
		return FailedAfter, func() { unanswered(); fails(wire.Internal, internalError)() }
	case a.ResetAfter > 0 && dice.Float64() < a.ResetAfter:
		return ResetAfter, func() { unanswered(); reset(w) }
	}
	return "", nil
}

const internalError = "We encountered an internal error. Please try again."

// reset ends the connection without an answer, as a load balancer or a network does (RST instead of FIN).
func reset(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler) // a connection that is shared can't be reset for one call, but its answer can be left out
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0) // the one error is that it is closed already
	}
	_ = conn.Close()
}

// bucket is how many calls the bucket of a limit holds.
func (r Rule) bucket() float64 {
	if r.Burst > 0 {
		return max(r.Burst, 1)
	}
	return max(r.Limit, 1)
}

// take takes a token out of the bucket.
func (a *active) take(now time.Time) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.tokens = min(a.tokens+now.Sub(a.filled).Seconds()*a.Limit, a.bucket())
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
