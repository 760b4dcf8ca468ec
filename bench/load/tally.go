package load

import (
	"slices"
	"sync"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"rekey/bench/record"
)

// tally gathers how calls ended. It is safe for concurrent use.
type tally struct {
	mu    sync.Mutex
	kinds map[string]*ended
}

// ended is how calls of a kind ended.
type ended struct {
	answered, refused []time.Duration // by OK, and by RESOURCE_EXHAUSTED
	codes             map[string]int
	unexplained       int // turned away without a reason, or without when to come again
	late              int // later than their deadline and its grace
}

// grace is how much later than its deadline a call may end: callers run on the same machine, and are themselves kept waiting
// when it has more to do than it can.
const grace = time.Second

func newTally() *tally { return &tally{kinds: map[string]*ended{}} }

func (t *tally) add(kind string, took, deadline time.Duration, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	e := t.kinds[kind]
	if e == nil {
		e = &ended{codes: map[string]int{}}
		t.kinds[kind] = e
	}
	code := status.Code(err)
	e.codes[code.String()]++
	if took > deadline+grace {
		e.late++
	}
	switch code {
	case codes.OK:
		e.answered = append(e.answered, took)
	case codes.ResourceExhausted:
		e.refused = append(e.refused, took)
	default:
	}
	if (code == codes.ResourceExhausted || code == codes.Unavailable) && !explained(err) {
		e.unexplained++
	}
}

// explained reports whether a refusal says why, and when to come again.
func explained(err error) bool {
	var why, when bool
	for _, detail := range status.Convert(err).Details() {
		switch d := detail.(type) {
		case *errdetails.ErrorInfo:
			why = d.GetReason() != ""
		case *errdetails.RetryInfo:
			when = d.GetRetryDelay().AsDuration() > 0
		}
	}
	return why && when
}

// Latency is how long calls took, in milliseconds.
type Latency struct {
	P50 float64 `json:"p50_ms"`
	P99 float64 `json:"p99_ms"`
	Max float64 `json:"max_ms"`
}

func latencyOf(took []time.Duration) Latency {
	if len(took) == 0 {
		return Latency{}
	}
	slices.Sort(took)
	at := func(q float64) float64 { return milliseconds(took[min(int(q*float64(len(took))), len(took)-1)]) }
	return Latency{P50: at(0.5), P99: at(0.99), Max: at(1)}
}

func milliseconds(d time.Duration) float64 {
	return float64(d.Round(10*time.Microsecond).Microseconds()) / 1000
}

// Kind is how calls of a kind ended in a step.
type Kind struct {
	Calls int            `json:"calls"`
	Codes map[string]int `json:"codes"`
	// Answered are calls that ended with OK; Refused those with RESOURCE_EXHAUSTED.
	Answered Latency `json:"answered"`
	Refused  Latency `json:"refused,omitzero"`
	// ToHealth are the quantiles of what was answered as ratios to those of the health service in the same step.
	ToHealth Ratio `json:"ratio_to_health"`
	// Unexplained were turned away, by RESOURCE_EXHAUSTED or UNAVAILABLE, without ErrorInfo or RetryInfo; Late is what ended long after its deadline.
	Unexplained int `json:"refused_without_reason"`
	Late        int `json:"late"`
}

// Ratio is one latency in relation to another.
type Ratio struct {
	P50 float64 `json:"p50"`
	P99 float64 `json:"p99"`
}

// summary sums up how calls ended.
func (t *tally) summary() map[string]Kind {
	t.mu.Lock()
	defer t.mu.Unlock()
	kinds := map[string]Kind{}
	var health Latency
	if e := t.kinds[healthy]; e != nil {
		health = latencyOf(e.answered)
	}
	for name, e := range t.kinds {
		k := Kind{Codes: e.codes, Answered: latencyOf(e.answered), Refused: latencyOf(e.refused), Unexplained: e.unexplained, Late: e.late}
		for _, n := range e.codes {
			k.Calls += n
		}
		k.ToHealth = Ratio{P50: ratio(k.Answered.P50, health.P50), P99: ratio(k.Answered.P99, health.P99)}
		kinds[name] = k
	}
	return kinds
}

// ratio is 0 where there is nothing to compare with.
func ratio(of, to float64) float64 {
	if to == 0 {
		return 0
	}
	return record.Round(of / to)
}
