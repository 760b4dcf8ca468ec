package schedule

import (
	"testing"
	"time"
)

func TestNext(t *testing.T) {
	from := time.Date(2026, 11, 2, 10, 7, 30, 0, time.UTC) // a Monday
	cases := map[string]struct {
		text string
		want time.Time
		once bool
	}{
		"every minute":               {text: "rate(1 minute)", want: from.Add(time.Minute)},
		"an hour":                    {text: "rate(1 hour)", want: from.Add(time.Hour)},
		"sixty minutes are an hour":  {text: "rate(60 minutes)", want: from.Add(time.Hour)},
		"run once has no next":       {text: "rate(0 minute)", once: true},
		"cron steps":                 {text: "cron(0/10 * * * ? *)", want: time.Date(2026, 11, 2, 10, 10, 0, 0, time.UTC)},
		"cron's week begins at one":  {text: "cron(0 9 ? * 3 *)", want: time.Date(2026, 11, 3, 9, 0, 0, 0, time.UTC)},
		"cron knows names":           {text: "cron(0 9 ? * MON-FRI *)", want: time.Date(2026, 11, 3, 9, 0, 0, 0, time.UTC)},
		"cron's last day is 7":       {text: "cron(0 9 ? * 7 *)", want: time.Date(2026, 11, 7, 9, 0, 0, 0, time.UTC)},
		"the month's last day":       {text: "cron(0 9 L * ? *)", want: time.Date(2026, 11, 30, 9, 0, 0, 0, time.UTC)},
		"the nearest weekday":        {text: "cron(0 9 15W * ? *)", want: time.Date(2026, 11, 16, 9, 0, 0, 0, time.UTC)},
		"within the month":           {text: "cron(0 9 1W 8 ? *)", want: time.Date(2027, 8, 2, 9, 0, 0, 0, time.UTC)},
		"the second Tuesday":         {text: "cron(0 9 ? * 3#2 *)", want: time.Date(2026, 11, 10, 9, 0, 0, 0, time.UTC)},
		"the last Friday":            {text: "cron(0 9 ? * 6L *)", want: time.Date(2026, 11, 27, 9, 0, 0, 0, time.UTC)},
		"a leap day":                 {text: "cron(0 9 29 2 ? *)", want: time.Date(2028, 2, 29, 9, 0, 0, 0, time.UTC)},
		"never":                      {text: "cron(0 9 31 2 ? *)"},
		"lists, ranges and steps":    {text: "cron(5,8-20/6 10 * * ? *)", want: time.Date(2026, 11, 2, 10, 8, 0, 0, time.UTC)},
		"cron by the day of a month": {text: "cron(30 0 1 JAN ? *)", want: time.Date(2027, 1, 1, 0, 30, 0, 0, time.UTC)},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			e, err := Parse(c.text)
			if err != nil {
				t.Fatal(err)
			}
			if got := e.Next(from); !got.Equal(c.want) {
				t.Errorf("Next = %v, want %v", got, c.want)
			}
			if e.Once() != c.once {
				t.Errorf("Once = %v", e.Once())
			}
		})
	}
}

func TestRunOnceIsKeptInHours(t *testing.T) {
	for _, text := range []string{"rate(0 minute)", "rate(0 minutes)", "rate(0 hour)"} {
		e, err := Parse(text)
		if err != nil || e.String() != "rate(0 hour)" {
			t.Errorf("Parse(%q) = %v, %v", text, e, err)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	for _, text := range []string{
		"", "rate()", "rate(2 hour)", "rate(61 minutes)", "rate(-1 minute)", "rate(1 day)", "every minute",
		"cron(* * * * *)", "cron(0 9 * * * *)", "cron(0 9 ? * ? *)", "cron(0 9 ? * 8 *)", "cron(0 9 ? * 0 *)",
		"cron(0 9 32 * ? *)", "cron(0 9 ? * 3#6 *)", "cron(0 9 W * ? *)", "cron(0 9 ? * 8L *)", "cron(5-1 9 1 * ? *)", "cron(0 9 1 * ? 2027)", "cron(TZ=UTC 0 9 * ? *)", "cron(",
	} {
		if e, err := Parse(text); err == nil {
			t.Errorf("Parse(%q) = %v, want an error", text, e)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"rate(5 minutes)", "cron(0/10 * * * ? *)", "cron(0 9 ? * 2-6 *)", "cron(0 9 ? * 6L *)", "cron(0 9 3W * ? *)", "cron(0 9 ? * MON#1 *)", "rate(0 hour)"} {
		f.Add(s)
	}
	from := time.Date(2026, 11, 2, 10, 7, 30, 0, time.UTC)
	f.Fuzz(func(t *testing.T, text string) {
		e, err := Parse(text)
		if err != nil {
			return
		}
		if again, err := Parse(e.String()); err != nil || again.String() != e.String() {
			t.Fatalf("%q is kept as %q, which reads as %v, %v", text, e, again, err)
		}
		if next := e.Next(from); !next.IsZero() && !next.After(from) {
			t.Fatalf("%q: next after %v is %v", text, from, next)
		}
	})
}
