package schedule

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// days says on which days of a month a cron expression fires: those of a set of dates or of weekdays, or one that is
// counted: the last (L), the weekday nearest to a date (15W), the nth of a weekday (TUE#2), the last of one (6L).
type days struct {
	dates, weekdays set
	suits           func(time.Time) bool // one that is counted
}

func (d days) has(t time.Time) bool {
	switch {
	case d.suits != nil:
		return d.suits(t)
	case d.dates != nil:
		return d.dates.has(t.Day())
	default:
		return d.weekdays.has(int(t.Weekday()) + 1)
	}
}

func parseDays(date, weekday string) (days, error) {
	switch {
	case (date == "?") == (weekday == "?"):
		return days{}, errors.New("one of day of month and day of week is ?")
	case weekday == "?":
		return parseDate(date)
	}
	return parseWeekday(weekday)
}

func parseDate(text string) (days, error) {
	if text == "L" {
		return days{suits: func(t time.Time) bool { return t.Day() == lastOf(t) }}, nil
	}
	if text == "LW" {
		return days{suits: func(t time.Time) bool { return t.Day() == nearestWeekday(t, lastOf(t)) }}, nil
	}
	if number, ok := strings.CutSuffix(text, "W"); ok {
		n, err := value(number, 1, 31, nil)
		return days{suits: func(t time.Time) bool { return n <= lastOf(t) && t.Day() == nearestWeekday(t, n) }}, err
	}
	dates, err := parseSet(text, 1, 31, nil)
	return days{dates: dates}, err
}

func parseWeekday(text string) (days, error) {
	if name, count, ok := strings.Cut(text, "#"); ok {
		day, err := value(name, 1, 7, dayNames)
		if err != nil {
			return days{}, err
		}
		nth, err := value(count, 1, 5, nil)
		return days{suits: func(t time.Time) bool { return int(t.Weekday())+1 == day && (t.Day()-1)/7+1 == nth }}, err
	}
	if text == "L" {
		return days{weekdays: set{7: true}}, nil // Saturday, the last day of the week
	}
	if name, ok := strings.CutSuffix(text, "L"); ok {
		day, err := value(name, 1, 7, dayNames)
		if err != nil {
			return days{}, fmt.Errorf("%q: %w", text, err)
		}
		return days{suits: func(t time.Time) bool { return int(t.Weekday())+1 == day && t.Day()+7 > lastOf(t) }}, nil
	}
	weekdays, err := parseSet(text, 1, 7, dayNames)
	return days{weekdays: weekdays}, err
}

// lastOf is the last day of t's month.
func lastOf(t time.Time) int {
	return time.Date(t.Year(), t.Month()+1, 0, 0, 0, 0, 0, time.UTC).Day()
}

// nearestWeekday is the day from Monday to Friday that is nearest to a date, within the month.
func nearestWeekday(t time.Time, date int) int {
	switch time.Date(t.Year(), t.Month(), date, 0, 0, 0, 0, time.UTC).Weekday() {
	case time.Saturday:
		if date == 1 {
			return 3
		}
		return date - 1
	case time.Sunday:
		if date == lastOf(t) {
			return date - 2
		}
		return date + 1
	default:
		return date
	}
}
