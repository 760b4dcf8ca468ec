package schedule

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// calendar is AWS's cron dialect (CloudWatch User Guide, "Scheduling canary runs using cron"; Amazon EventBridge User
// Guide, "Cron expressions", for L, W and #): six fields, of which the year is *, a week that begins with Sunday as 1,
// and exactly one ? in the two day fields. No library that is kept up reads this dialect.
type calendar struct {
	minutes, hours, months set
	days                   monthDays
	weekdays               weekDays
}

// set is a field's values, a bit each.
type set uint64

func (s set) has(n int) bool { return s&(1<<n) != 0 }

// monthDays is the day-of-month field; any is ?.
type monthDays struct {
	any     bool
	set     set
	last    bool // L
	weekday int  // nW: the weekday nearest to day n
}

// weekDays is the day-of-week field; any is ?.
type weekDays struct {
	any  bool
	set  set
	last int // nL: the last such day of the month, 1 to 7
	day  int // n#k: the k-th such day of the month
	nth  int
}

var (
	monthNames = []string{"JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"}
	dayNames   = []string{"SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"}
)

func parseCron(text string) (Expression, error) {
	c, err := readCalendar(strings.Fields(text[len("cron(") : len(text)-1]))
	if err != nil {
		return Expression{}, fmt.Errorf("schedule expression %q: %w", text, err)
	}
	return Expression{text: text, cron: c}, nil
}

func readCalendar(f []string) (*calendar, error) {
	switch {
	case len(f) != 6:
		return nil, fmt.Errorf("cron needs six fields")
	case f[5] != "*":
		return nil, fmt.Errorf("the year must be *")
	case (f[2] == "?") == (f[4] == "?"):
		return nil, fmt.Errorf("one of day-of-month and day-of-week must be ?")
	}
	c := &calendar{}
	for _, read := range []func() error{
		func() (err error) { c.minutes, err = readSet(f[0], "minute", 0, 59, nil); return },
		func() (err error) { c.hours, err = readSet(f[1], "hour", 0, 23, nil); return },
		func() (err error) { c.days, err = readMonthDays(f[2]); return },
		func() (err error) { c.months, err = readSet(f[3], "month", 1, 12, monthNames); return },
		func() (err error) { c.weekdays, err = readWeekDays(f[4]); return },
	} {
		if err := read(); err != nil {
			return nil, err
		}
	}
	return c, nil
}

func readMonthDays(field string) (monthDays, error) {
	const what = "day of month"
	switch {
	case field == "?":
		return monthDays{any: true}, nil
	case field == "L":
		return monthDays{last: true}, nil
	case strings.HasSuffix(field, "W"):
		n, err := number(strings.TrimSuffix(field, "W"), what, 1, 31, nil)
		return monthDays{weekday: n}, err
	}
	s, err := readSet(field, what, 1, 31, nil)
	return monthDays{set: s}, err
}

func readWeekDays(field string) (weekDays, error) {
	const what = "day of week"
	if field == "?" {
		return weekDays{any: true}, nil
	}
	if field == "L" { // the week's last day
		return weekDays{set: 1 << 7}, nil
	}
	if day, nth, ok := strings.Cut(field, "#"); ok {
		n, err := number(day, what, 1, 7, dayNames)
		if err != nil {
			return weekDays{}, err
		}
		k, err := number(nth, "week of month", 1, 5, nil)
		return weekDays{day: n, nth: k}, err
	}
	if day, ok := strings.CutSuffix(field, "L"); ok {
		n, err := number(day, what, 1, 7, dayNames)
		return weekDays{last: n}, err
	}
	s, err := readSet(field, what, 1, 7, dayNames)
	return weekDays{set: s}, err
}

// readSet reads a list of values, ranges and steps. names stand for the values from first on.
func readSet(field, what string, first, last int, names []string) (set, error) {
	var s set
	for item := range strings.SplitSeq(field, ",") {
		span, step, stepped := strings.Cut(item, "/")
		from, to, err := readSpan(span, what, first, last, names, stepped)
		if err != nil {
			return 0, err
		}
		by := 1
		if stepped {
			if by, err = number(step, what+" step", 1, last, nil); err != nil {
				return 0, err
			}
		}
		for n := from; n <= to; n += by {
			s |= 1 << n
		}
	}
	return s, nil
}

// readSpan reads * or a value or a range; a value with a step runs to the field's end.
func readSpan(span, what string, first, last int, names []string, stepped bool) (from, to int, err error) {
	if span == "*" {
		return first, last, nil
	}
	low, high, ranged := strings.Cut(span, "-")
	if from, err = number(low, what, first, last, names); err != nil {
		return 0, 0, err
	}
	switch {
	case ranged:
		to, err = number(high, what, first, last, names)
		if err == nil && to < from {
			err = fmt.Errorf("%s %q runs backwards", what, span)
		}
		return from, to, err
	case stepped:
		return from, last, nil
	}
	return from, from, nil
}

func number(text, what string, first, last int, names []string) (int, error) {
	for i, name := range names {
		if strings.EqualFold(text, name) {
			return first + i, nil
		}
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < first || n > last || text[0] == '+' {
		return 0, fmt.Errorf("%s %q is not between %d and %d", what, text, first, last)
	}
	return n, nil
}

// horizon is how far ahead a firing is looked for: a 29th of February on a given weekday comes every 28 years.
const horizon = 29 * 366

// next is the first firing after t, zero when there is none.
func (c *calendar) next(t time.Time) time.Time {
	t = t.UTC().Truncate(time.Minute).Add(time.Minute)
	day := time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC)
	for range horizon {
		if c.firesOn(day) {
			if at, ok := c.firesAt(day, t); ok {
				return at
			}
		}
		day = day.AddDate(0, 0, 1)
	}
	return time.Time{}
}

func (c *calendar) firesOn(day time.Time) bool {
	return c.months.has(int(day.Month())) && c.days.include(day) && c.weekdays.include(day)
}

// firesAt is the first firing of a day at or after t.
func (c *calendar) firesAt(day, t time.Time) (time.Time, bool) {
	for hour := range 24 {
		for minute := 0; c.hours.has(hour) && minute < 60; minute++ {
			at := day.Add(time.Duration(hour)*time.Hour + time.Duration(minute)*time.Minute)
			if c.minutes.has(minute) && !at.Before(t) {
				return at, true
			}
		}
	}
	return time.Time{}, false
}

func (d monthDays) include(day time.Time) bool {
	end := day.AddDate(0, 1, -day.Day()).Day() // the month's last day
	switch {
	case d.any:
		return true
	case d.last:
		return day.Day() == end
	case d.weekday > 0:
		return d.weekday <= end && day.Day() == nearestWeekday(day, d.weekday, end)
	}
	return d.set.has(day.Day())
}

// nearestWeekday is the weekday nearest to day n of a month that has end days, within the month.
func nearestWeekday(in time.Time, n, end int) int {
	switch in.AddDate(0, 0, n-in.Day()).Weekday() {
	case time.Saturday:
		if n == 1 {
			return 3
		}
		return n - 1
	case time.Sunday:
		if n == end {
			return n - 2
		}
		return n + 1
	default:
		return n
	}
}

func (d weekDays) include(day time.Time) bool {
	weekday := int(day.Weekday()) + 1
	switch {
	case d.any:
		return true
	case d.last > 0:
		return weekday == d.last && day.AddDate(0, 0, 7).Month() != day.Month()
	case d.nth > 0:
		return weekday == d.day && (day.Day()-1)/7+1 == d.nth
	}
	return d.set.has(weekday)
}
