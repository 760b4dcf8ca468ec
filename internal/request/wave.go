package request

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"

	rekeyv1 "rekey/gen/rekey/v1"
)

// waveForms says how a wave is written.
const waveForms = "write what it takes and how it is judged, for example coverage,bake=10m or 10%,runs=2,budget=5%,pause " +
	"or accounts=111122223333:444455556666"

// Wave reads a wave: what it takes, then how it is judged, with commas between them. It takes "coverage", "10%", "50", or
// what is listed in "accounts=", "ous=" and "names=", each with colons between; it is judged by "bake=10m", "runs=2",
// "budget=5%" and "pause".
func Wave(text string) (*rekeyv1.WaveSpec, error) {
	w := &rekeyv1.WaveSpec{}
	for part := range strings.SplitSeq(text, ",") {
		if err := wavePart(w, strings.TrimSpace(part)); err != nil {
			return nil, fmt.Errorf("the wave %q: %w", text, err)
		}
	}
	if w.GetTake() == nil {
		return nil, fmt.Errorf("the wave %q takes nothing: %s", text, waveForms)
	}
	return w, nil
}

func wavePart(w *rekeyv1.WaveSpec, part string) error {
	name, value, valued := strings.Cut(part, "=")
	if !valued {
		if name == "pause" {
			w.PauseAfter = true
			return nil
		}
		return take(w, part)
	}
	switch name {
	case "accounts", "ous", "names":
		return list(w, name, strings.Split(value, ":"))
	}
	j, err := judged(name, value)
	if err != nil {
		return err
	}
	proto.Merge(w, &rekeyv1.WaveSpec{BakeTime: j.GetBakeTime(), BakeRuns: j.GetBakeRuns(), Budget: j.GetBudget(), PauseAfter: j.GetPauseAfter()})
	return nil
}

// take reads what a wave takes, where that is not a list.
func take(w *rekeyv1.WaveSpec, text string) error {
	if w.GetTake() != nil {
		return fmt.Errorf("it takes one thing, and %q is another", text)
	}
	if text == "coverage" {
		w.Take = &rekeyv1.WaveSpec_Coverage{Coverage: true}
		return nil
	}
	digits, percent := strings.CutSuffix(text, "%")
	n, err := strconv.ParseUint(digits, 10, 31)
	switch {
	case err != nil:
		return fmt.Errorf("%q is not understood: %s", text, waveForms)
	case percent:
		w.Take = &rekeyv1.WaveSpec_Percent{Percent: int32(n)} //nolint:gosec // of 31 bits
	default:
		w.Take = &rekeyv1.WaveSpec_Count{Count: int32(n)} //nolint:gosec // of 31 bits
	}
	return nil
}

// list adds to the lists of a wave.
func list(w *rekeyv1.WaveSpec, name string, values []string) error {
	if w.GetTake() != nil && w.GetList() == nil {
		return fmt.Errorf("it takes one thing, and %s= is another", name)
	}
	l := w.GetList()
	if l == nil {
		l = &rekeyv1.WaveList{}
		w.Take = &rekeyv1.WaveSpec_List{List: l}
	}
	switch name {
	case "accounts":
		l.AccountIds = append(l.AccountIds, values...)
	case "ous":
		l.OrganizationalUnitIds = append(l.OrganizationalUnitIds, values...)
	default:
		l.NamePatterns = append(l.NamePatterns, values...)
	}
	return nil
}

// WaveChange reads a change of a wave: its number, then what is changed, for example "1,bake=30m,budget=10%" or
// "2,runs=3,pause=false".
func WaveChange(text string) (*rekeyv1.WaveChange, error) {
	number, rest, some := strings.Cut(text, ",")
	n, err := WaveNumber(strings.TrimSpace(number))
	if err != nil {
		return nil, err
	}
	if !some {
		return nil, fmt.Errorf("the wave %q: nothing is changed; write for example %s,bake=30m or %s,budget=10%%", text, number, number)
	}
	change := &rekeyv1.WaveChange{}
	for part := range strings.SplitSeq(rest, ",") {
		name, value, valued := strings.Cut(strings.TrimSpace(part), "=")
		if !valued && name == "pause" {
			value = "true"
		}
		j, err := judged(name, value)
		if err != nil {
			return nil, fmt.Errorf("the wave %q: %w", text, err)
		}
		proto.Merge(change, j)
	}
	change.Wave = n
	return change, nil
}

// judged reads one setting of how a wave is judged.
func judged(name, value string) (*rekeyv1.WaveChange, error) {
	switch name {
	case "bake":
		d, err := time.ParseDuration(value)
		if err != nil {
			return nil, fmt.Errorf("%q is not a time: write for example bake=10m or bake=2h", value)
		}
		return &rekeyv1.WaveChange{BakeTime: durationpb.New(d)}, nil
	case "runs":
		n, err := strconv.ParseUint(value, 10, 31)
		if err != nil {
			return nil, fmt.Errorf("%q is not a number of runs: write for example runs=2", value)
		}
		return &rekeyv1.WaveChange{BakeRuns: new(int32(n))}, nil //nolint:gosec // of 31 bits
	case "budget":
		b, err := Budget(value)
		return &rekeyv1.WaveChange{Budget: b}, err
	case "pause":
		yes, err := strconv.ParseBool(value)
		if err != nil {
			return nil, fmt.Errorf("%q is neither true nor false: write for example pause=false", value)
		}
		return &rekeyv1.WaveChange{PauseAfter: new(yes)}, nil
	}
	return nil, fmt.Errorf("there is no %q; a wave is judged by bake=, runs=, budget= and pause", name)
}
