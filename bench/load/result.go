package load

import (
	"fmt"
	"io"
	"strings"
	"time"

	"rekey/bench/ground"
	"rekey/bench/machine"
	"rekey/bench/record"
)

// mostMemory is the bound of the server's resident memory, in MiB.
const mostMemory = 512

// Result is what was measured, and what the server was held to.
type Result struct {
	When     string           `json:"when"`
	Machine  machine.Machine  `json:"machine"`
	Versions machine.Versions `json:"versions"`
	Workload ground.Workload  `json:"workload"`
	Load     Load             `json:"load"`

	Steps []Step `json:"steps"`
	// Stalled is how calls ended while no worker answered.
	Stalled   map[string]Kind `json:"without_a_worker"`
	Creations Creations       `json:"creations"`
	Hostile   []Attack        `json:"hostile"`
	Watches   Watches         `json:"watches"`
	Memory    Memory          `json:"server_memory"`
}

// sums are counts over all steps.
type sums struct {
	calls, refused, unexplained, late, unexpected, unwell int
}

func (r *Result) sums() sums {
	var s sums
	add := func(kinds map[string]Kind, expected ...string) {
		for name, k := range kinds {
			s.calls += k.Calls
			s.refused += k.Codes["ResourceExhausted"]
			s.unexplained += k.Unexplained
			s.late += k.Late
			rest := k.Calls
			for _, code := range append(expected, "OK", "ResourceExhausted") {
				rest -= k.Codes[code]
			}
			if name == healthy {
				s.unwell += k.Calls - k.Codes["OK"]
				continue
			}
			s.unexpected += rest
		}
	}
	// A deadline may be kept whatever is in its way, and Temporal or a worker may be away for a moment on a busy machine.
	for _, step := range r.Steps {
		add(step.Kinds, "DeadlineExceeded", "Unavailable")
	}
	add(r.Stalled, "DeadlineExceeded", "Unavailable")
	return s
}

// Broken are the promises that were not kept, in words.
func (r *Result) Broken() []string {
	var broken []string
	hold := func(n int, what string) {
		if n > 0 {
			broken = append(broken, fmt.Sprintf("%d %s", n, what))
		}
	}
	s := r.sums()
	hold(s.unexplained, "calls were turned away without a reason or a time to come again")
	hold(s.late, "calls ended long after their deadlines")
	hold(s.unexpected, "calls ended as none should")
	hold(s.unwell, "health checks failed")
	hold(r.Creations.Lost, "migrations were lost")
	hold(r.Creations.Twice, "migrations were made more than once")
	hold(r.Watches.Lost, "watchers missed something that lasted")
	hold(r.Watches.Back, "watchers were shown something older")
	for _, a := range r.Hostile {
		if !a.Right || !a.Recovered {
			broken = append(broken, fmt.Sprintf("%s: %s, recovered %t", a.Name, a.Code, a.Recovered))
		}
	}
	if r.Memory.Peak > mostMemory {
		broken = append(broken, fmt.Sprintf("the server took %.0f MB", r.Memory.Peak))
	}
	return broken
}

// conclude writes the result, prints it, and ends in a line of counts. It fails where a promise was not kept.
func (r *Result) conclude(w io.Writer, file string) error {
	r.When = time.Now().UTC().Format(time.RFC3339)
	if err := record.Write(file, r); err != nil {
		return err
	}
	r.print(w)
	s, broken, right := r.sums(), r.Broken(), 0
	for _, a := range r.Hostile {
		if a.Right && a.Recovered {
			right++
		}
	}
	_, err := fmt.Fprintf(w, "written to %s\nload: calls=%d refused=%d late=%d watchers=%d lost=%d created=%d/%d twice=%d hostile=%d/%d peak_mb=%.0f broken=%d\n",
		file, s.calls, s.refused, s.late, r.Watches.Watchers, r.Watches.Lost+r.Creations.Lost,
		r.Creations.Asked-r.Creations.Lost, r.Creations.Asked, r.Creations.Twice, right, len(r.Hostile), r.Memory.Peak, len(broken))
	if len(broken) > 0 {
		return fmt.Errorf("broken: %s", strings.Join(broken, "; "))
	}
	return err
}
