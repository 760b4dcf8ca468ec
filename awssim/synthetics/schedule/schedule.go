// Package schedule reads a canary's schedule expression and says when the next run is due.
package schedule

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// Expression is a parsed schedule expression. The zero value never runs.
type Expression struct {
	text string
	rate time.Duration
	cron *calendar
}

var rate = regexp.MustCompile(`^rate\(([0-9]{1,4}) +(minute|minutes|hour)\)$`)

// Parse reads "rate(number unit)" from one minute to one hour, "rate(0 minute)" or "rate(0 hour)" for a canary
// that runs once, or "cron(six fields)" (API_CanaryScheduleInput).
func Parse(text string) (Expression, error) {
	if strings.HasPrefix(text, "cron(") && strings.HasSuffix(text, ")") {
		return parseCron(text)
	}
	m := rate.FindStringSubmatch(text)
	if m == nil {
		return Expression{}, fmt.Errorf("schedule expression %q is neither rate(number unit) nor cron(fields)", text)
	}
	n, err := strconv.Atoi(m[1])
	if err != nil {
		return Expression{}, fmt.Errorf("schedule expression %q: %w", text, err)
	}
	if n == 0 {
		// Whatever the unit, AWS keeps a run-once schedule as rate(0 hour): Terraform's provider has to
		// suppress that difference.
		return Expression{text: "rate(0 hour)"}, nil
	}
	unit := time.Minute
	if m[2] == "hour" {
		unit = time.Hour
	}
	d := time.Duration(n) * unit
	if d > time.Hour {
		return Expression{}, fmt.Errorf("schedule expression %q: the rate must be between 1 minute and 1 hour", text)
	}
	return Expression{text: text, rate: d}, nil
}

// String is the expression as AWS keeps it.
func (e Expression) String() string { return e.text }

// Once says that the canary runs a single time when it is started.
func (e Expression) Once() bool { return e.rate == 0 && e.cron == nil }

// IsCron says that firings are tied to the calendar and not to the start of the schedule.
func (e Expression) IsCron() bool { return e.cron != nil }

// Next is the first firing after the one at t, zero when there is none.
func (e Expression) Next(t time.Time) time.Time {
	switch {
	case e.cron != nil:
		return e.cron.next(t)
	case e.rate > 0:
		return t.Add(e.rate)
	}
	return time.Time{}
}

// Every is the time between two firings of a rate expression; zero for the others.
func (e Expression) Every() time.Duration { return e.rate }
