package schedule

import (
	"fmt"
	"strings"
	"time"
)

// cron is an expression of six fields: minutes, hours, day of month, month, day of week, year. Of the two days one is
// "?" (EventBridge User Guide, cron expressions, to which Synthetics' documentation refers).
type cron struct {
	minutes, hours, months, years set
	days                          days
}

// Bounds of the years that a field may name.
const (
	firstYear = 1970
	lastYear  = 2199
)

var (
	monthNames = []string{"", "JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"}
	dayNames   = []string{"", "SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"}
)

func parseCron(s string) (*cron, error) {
	fields := strings.Fields(strings.ToUpper(s))
	if len(fields) != 6 {
		return nil, fmt.Errorf("cron has 6 fields, and this has %d", len(fields))
	}
	c := &cron{}
	var err error
	for _, f := range []struct {
		into        *set
		text        string
		first, last int
		names       []string
	}{
		{&c.minutes, fields[0], 0, 59, nil},
		{&c.hours, fields[1], 0, 23, nil},
		{&c.months, fields[3], 1, 12, monthNames},
		{&c.years, fields[5], firstYear, lastYear, nil},
	} {
		if *f.into, err = parseSet(f.text, f.first, f.last, f.names); err != nil {
			return nil, err
		}
	}
	c.days, err = parseDays(fields[2], fields[4])
	return c, err
}

// next walks over the days, and within the first that suits over its minutes.
func (c *cron) next(after time.Time) (time.Time, bool) {
	t := after.UTC().Truncate(time.Minute).Add(time.Minute)
	for t.Year() <= lastYear {
		switch {
		case !c.years.has(t.Year()):
			t = time.Date(t.Year()+1, 1, 1, 0, 0, 0, 0, time.UTC)
		case !c.months.has(int(t.Month())):
			t = time.Date(t.Year(), t.Month()+1, 1, 0, 0, 0, 0, time.UTC)
		case !c.days.has(t):
			t = time.Date(t.Year(), t.Month(), t.Day()+1, 0, 0, 0, 0, time.UTC)
		case !c.hours.has(t.Hour()):
			t = time.Date(t.Year(), t.Month(), t.Day(), t.Hour()+1, 0, 0, 0, time.UTC)
		case !c.minutes.has(t.Minute()):
			t = t.Add(time.Minute)
		default:
			return t, true
		}
	}
	return time.Time{}, false
}
