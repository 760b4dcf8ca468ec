// Package schedule reads the schedules of canaries: rate() and cron() expressions as AWS has them.
package schedule

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"time"
)

// Schedule says when a canary runs.
type Schedule struct {
	every time.Duration // of a rate
	cron  *cron
}

var rate = regexp.MustCompile(`^rate\((\d{1,6}) (minute|hour)s?\)$`)

// maxLen is how long an expression may be (Synthetics API, CanaryScheduleInput.Expression: 255).
const maxLen = 255

// Parse reads an expression: rate(N minutes), rate(N hours), or cron() with six fields. rate(0 …) runs once when the
// canary is started (Synthetics API, CanaryScheduleInput).
func Parse(expression string) (Schedule, error) {
	if len(expression) > maxLen {
		return Schedule{}, fmt.Errorf("a schedule has at most %d characters", maxLen)
	}
	if m := rate.FindStringSubmatch(expression); m != nil {
		n, err := strconv.Atoi(m[1])
		if err != nil {
			return Schedule{}, err
		}
		unit := time.Minute
		if m[2] == "hour" {
			unit = time.Hour
		}
		return Schedule{every: time.Duration(n) * unit}, nil
	}
	if len(expression) > len("cron()") && expression[:5] == "cron(" && expression[len(expression)-1] == ')' {
		c, err := parseCron(expression[5 : len(expression)-1])
		return Schedule{cron: c}, err
	}
	return Schedule{}, errors.New("a schedule is rate(…) or cron(…)")
}

// Once reports whether the canary runs only once, when it is started.
func (s Schedule) Once() bool { return s.cron == nil && s.every == 0 }

// IsCron reports whether it is a cron expression: its firings follow the clock, and not the canary's start.
func (s Schedule) IsCron() bool { return s.cron != nil }

// Every is the time between two firings of a rate; zero of a cron expression, and of a canary that runs once.
func (s Schedule) Every() time.Duration { return s.every }

// Next is the first firing after an instant, and false when there is none within the years that cron can name. A rate
// fires an interval later at the latest.
func (s Schedule) Next(after time.Time) (time.Time, bool) {
	switch {
	case s.cron != nil:
		return s.cron.next(after)
	case s.every > 0:
		return after.Add(s.every), true
	default:
		return time.Time{}, false
	}
}
