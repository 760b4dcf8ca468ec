package schedule

import (
	"testing"
	"time"
)

// A Tuesday.
var now = time.Date(2026, 11, 24, 12, 30, 15, 0, time.UTC)

func TestNext(t *testing.T) {
	for expression, want := range map[string]string{
		"rate(5 minutes)":             "2026-11-24T12:35:15Z",
		"rate(1 hour)":                "2026-11-24T13:30:15Z",
		"cron(0 13 * * ? *)":          "2026-11-24T13:00:00Z",
		"cron(0/15 * * * ? *)":        "2026-11-24T12:45:00Z",
		"cron(30 12 * * ? *)":         "2026-11-25T12:30:00Z",
		"cron(0 8 1 * ? *)":           "2026-12-01T08:00:00Z",
		"cron(0 18 ? * MON-FRI *)":    "2026-11-24T18:00:00Z",
		"cron(0 18 ? * SAT-SUN *)":    "2026-11-28T18:00:00Z",
		"cron(0 18 ? * 1 *)":          "2026-11-29T18:00:00Z",
		"cron(0 0 L * ? *)":           "2026-11-30T00:00:00Z",
		"cron(0 0 LW JAN ? *)":        "2027-01-29T00:00:00Z",
		"cron(0 9 15W * ? *)":         "2026-12-15T09:00:00Z",
		"cron(0 9 1W MAY ? 2027)":     "2027-05-03T09:00:00Z",
		"cron(0 9 ? * TUE#2 *)":       "2026-12-08T09:00:00Z",
		"cron(0 9 ? * 6L *)":          "2026-11-27T09:00:00Z",
		"cron(0 0 29 FEB ? *)":        "2028-02-29T00:00:00Z",
		"cron(5,10 0-2 1 1,7 ? 2030)": "2030-01-01T00:05:00Z",
	} {
		s, err := Parse(expression)
		if err != nil {
			t.Errorf("%s: %v", expression, err)
			continue
		}
		got, ok := s.Next(now)
		if !ok || got.Format(time.RFC3339) != want {
			t.Errorf("%s: next %s, %v; want %s", expression, got.Format(time.RFC3339), ok, want)
		}
	}
}

func TestNever(t *testing.T) {
	for _, expression := range []string{"cron(0 0 1 1 ? 2020)", "cron(0 0 31 2 ? *)", "rate(0 minute)", "rate(0 hour)"} {
		s, err := Parse(expression)
		if err != nil {
			t.Fatalf("%s: %v", expression, err)
		}
		if next, ok := s.Next(now); ok {
			t.Errorf("%s: next %s", expression, next)
		}
	}
	once, _ := Parse("rate(0 hour)")
	often, _ := Parse("rate(1 minute)")
	if !once.Once() || often.Once() {
		t.Error("rate(0 …) alone runs once")
	}
}

func TestRefused(t *testing.T) {
	for _, expression := range []string{
		"", "rate()", "rate(x minutes)", "rate(5 days)", "cron()", "cron(* * * * *)", "cron(* * * * * *)", "cron(60 * * * ? *)",
		"cron(0 0 ? * ? *)", "cron(0 0 0 * ? *)", "cron(0/0 * * * ? *)", "cron(0 0 ? * MON#6 *)", "cron(0 0 ? * XXL *)",
	} {
		if _, err := Parse(expression); err == nil {
			t.Errorf("%q was taken", expression)
		}
	}
}

func FuzzParseSchedule(f *testing.F) {
	for _, seed := range []string{"rate(5 minutes)", "cron(0 9 ? * 6L *)", "cron(0 0 L * ? *)", "cron(0 0 31 2 ? *)"} {
		f.Add(seed, int64(0))
	}
	f.Fuzz(func(t *testing.T, s string, at int64) {
		parsed, err := Parse(s)
		if err != nil {
			return
		}
		after := now.Add(time.Duration(at % int64(1000*24*time.Hour)))
		next, ok := parsed.Next(after)
		if ok && !next.After(after) {
			t.Errorf("%q: %s is not after %s", s, next, after)
		}
		if again, ok2 := parsed.Next(next); ok && parsed.cron != nil && ok2 && !again.After(next) {
			t.Errorf("%q: stuck at %s", s, next)
		}
	})
}
