package schedule

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// set is the values of a field.
type set map[int]bool

func (s set) has(n int) bool { return s[n] }

// parseSet reads a field: a list of *, values, ranges (which may wrap around) and steps.
func parseSet(text string, first, last int, names []string) (set, error) {
	s := set{}
	for part := range strings.SplitSeq(text, ",") {
		if err := s.add(part, first, last, names); err != nil {
			return nil, err
		}
	}
	return s, nil
}

func (s set) add(part string, first, last int, names []string) error {
	span, stepText, stepped := strings.Cut(part, "/")
	step := 1
	if stepped {
		n, err := strconv.Atoi(stepText)
		if err != nil || n < 1 {
			return fmt.Errorf("%q is no step", stepText)
		}
		step = n
	}
	from, to := first, last
	if span != "*" {
		low, high, ranged := strings.Cut(span, "-")
		var err error
		if from, err = value(low, first, last, names); err != nil {
			return err
		}
		switch {
		case ranged:
			if to, err = value(high, first, last, names); err != nil {
				return err
			}
		case !stepped:
			to = from
		}
	}
	if to < from { // around the end, as FRI-MON
		to += last - first + 1
	}
	for n := from; n <= to; n += step {
		s[first+(n-first)%(last-first+1)] = true
	}
	return nil
}

// value is a number, or a name that stands for one.
func value(text string, first, last int, names []string) (int, error) {
	if i := slices.Index(names, text); i > 0 {
		return i, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < first || n > last {
		return 0, fmt.Errorf("%q is not from %d to %d", text, first, last)
	}
	return n, nil
}
