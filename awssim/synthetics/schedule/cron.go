package schedule

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/robfig/cron/v3"
)

var fields = cron.NewParser(cron.Minute | cron.Hour | cron.Dom | cron.Month | cron.Dow)

// parseCron reads AWS's six fields (CloudWatch User Guide, "Scheduling canary runs using cron"): the year must
// be *, and one of the two day fields must be ?. The wildcards L, W and # are refused: the parser beneath
// doesn't know them.
func parseCron(text string) (Expression, error) {
	f := strings.Fields(text[len("cron(") : len(text)-1])
	switch {
	case len(f) != 6:
		return Expression{}, fmt.Errorf("schedule expression %q: cron needs six fields", text)
	case f[5] != "*":
		return Expression{}, fmt.Errorf("schedule expression %q: the year must be *", text)
	case (f[2] == "?") == (f[4] == "?"):
		return Expression{}, fmt.Errorf("schedule expression %q: one of day-of-month and day-of-week must be ?", text)
	}
	dow, err := daysOfWeek(f[4])
	if err != nil {
		return Expression{}, fmt.Errorf("schedule expression %q: %w", text, err)
	}
	// A space-free field can't smuggle a time zone or a descriptor past the parser: those stand first.
	if strings.Contains(f[0], "=") || strings.HasPrefix(f[0], "@") {
		return Expression{}, fmt.Errorf("schedule expression %q: minutes are numbers", text)
	}
	s, err := fields.Parse(strings.Join([]string{f[0], f[1], f[2], f[3], dow}, " "))
	if err != nil {
		return Expression{}, fmt.Errorf("schedule expression %q: %w", text, err)
	}
	return Expression{text: text, cron: s}, nil
}

// daysOfWeek turns AWS's numbers, 1 (Sunday) to 7, into the parser's, 0 to 6. Steps keep theirs.
func daysOfWeek(field string) (string, error) {
	items := strings.Split(field, ",")
	for i, item := range items {
		days, step, stepped := strings.Cut(item, "/")
		ends := strings.Split(days, "-")
		for k, end := range ends {
			n, err := strconv.Atoi(end)
			if err != nil {
				continue // a name, * or ?: the same in both
			}
			if n < 1 || n > 7 {
				return "", fmt.Errorf("day of week %d is not between 1 and 7", n)
			}
			ends[k] = strconv.Itoa(n - 1)
		}
		items[i] = strings.Join(ends, "-")
		if stepped {
			items[i] += "/" + step
		}
	}
	return strings.Join(items, ","), nil
}
