package conformance

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
)

// tally counts what became of the facts.
type tally struct {
	mu                      sync.Mutex
	passed, failed, skipped map[status]int
	reasons                 map[string]int
	answers                 []string
}

func (r *tally) add(t *testing.T, f fact) {
	t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	count := &r.passed
	switch {
	case t.Failed():
		count = &r.failed
	case t.Skipped():
		count = &r.skipped
	}
	if *count == nil {
		*count = map[status]int{}
	}
	(*count)[f.status]++
}

func (r *tally) skipping(reason string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.reasons == nil {
		r.reasons = map[string]int{}
	}
	r.reasons[reason]++
}

// learn keeps AWS's answer to a question.
func (r *tally) learn(f fact, answer bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.answers = append(r.answers, fmt.Sprintf("%s: %v (%s)", f.question.name, answer, f.name))
}

// report is what a person who ran the suite wants to know.
func (r *tally) report() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	var out strings.Builder
	for _, reason := range slices.Sorted(maps.Keys(r.reasons)) {
		fmt.Fprintf(&out, "%3d skipped: %s\n", r.reasons[reason], reason)
	}
	for _, answer := range r.answers {
		fmt.Fprintf(&out, "observed: %s\n", answer)
	}
	fmt.Fprintf(&out, "%-12s %8s %8s %8s\n", "Facts", "passed", "failed", "skipped")
	for _, s := range statuses {
		fmt.Fprintf(&out, "%-12s %8d %8d %8d\n", s, r.passed[s], r.failed[s], r.skipped[s])
	}
	return out.String()
}
