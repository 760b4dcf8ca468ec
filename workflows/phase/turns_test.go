package phase

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func TestNextTurn(t *testing.T) {
	for name, test := range map[string]struct {
		reason  string
		turns   Turns
		from    time.Duration // after noon
		want    time.Duration
		wantNot bool
	}{
		"a turn":          {"it is not waited for", Turns{noon, time.Hour}, 0, 0, false},
		"long after one":  {"the next of many", Turns{noon, 5 * time.Minute}, 51 * time.Minute, 55 * time.Minute, false},
		"before the one":  {"others lie before it", Turns{noon, 5 * time.Minute}, -51 * time.Minute, -50 * time.Minute, false},
		"a turn before":   {"it is one too", Turns{noon, 5 * time.Minute}, -50 * time.Minute, -50 * time.Minute, false},
		"no turns":        {"the zero value has none", Turns{}, 0, 0, true},
		"no interval":     {"a canary that does not run by itself", Turns{At: noon}, 0, 0, true},
		"no instant":      {"its phase is not known", Turns{Every: time.Hour}, 0, 0, true},
		"a nanosecond on": {"it has passed", Turns{noon, time.Minute}, 1, time.Minute, false},
	} {
		next, ok := test.turns.Next(noon.Add(test.from))
		if ok == test.wantNot || ok && !next.Equal(noon.Add(test.want)) {
			t.Errorf("%s, %s: %s, %v", name, test.reason, next.Sub(noon), ok)
		}
	}
}

// TestWorkBeginsInTime begins work before each turn, and comes neither so early that it waits for long nor too late.
func TestWorkBeginsInTime(t *testing.T) {
	lead := Lead{Takes: 20 * time.Second, Earlier: 5 * time.Second, Later: 10 * time.Second}
	turns := Turns{noon, 5 * time.Minute}
	for name, test := range map[string]struct {
		now, want time.Duration
	}{
		"far before":       {-4 * time.Minute, 4*time.Minute - 25*time.Second},
		"a little early":   {-24 * time.Second, 0},
		"just in time":     {-20 * time.Second, 0},
		"a little late":    {-11 * time.Second, 0},
		"too late":         {-9 * time.Second, 5*time.Minute - 25*time.Second + 9*time.Second},
		"an interval late": {5*time.Minute - 20*time.Second, 0},
	} {
		if got := turns.UntilBegin(noon.Add(test.now), lead); got != test.want {
			t.Errorf("%s: %s until it begins, want %s", name, got, test.want)
		}
	}
	if got := (Turns{Every: time.Hour}).UntilBegin(noon, lead); got != 0 {
		t.Errorf("what has no turns waits for %s", got)
	}
}

// TestTurnsComeOnceAnInterval holds of any turns: one comes within every interval, and it is one of them.
func TestTurnsComeOnceAnInterval(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		turns := Turns{
			At:    noon.Add(time.Duration(rapid.Int64Range(-1e15, 1e15).Draw(t, "at"))),
			Every: time.Duration(rapid.Int64Range(1, int64(time.Hour)).Draw(t, "every")),
		}
		from := noon.Add(time.Duration(rapid.Int64Range(-1e15, 1e15).Draw(t, "from")))
		next, ok := turns.Next(from)
		if wait := next.Sub(from); !ok || wait < 0 || wait >= turns.Every || next.Sub(turns.At)%turns.Every != 0 {
			t.Fatalf("the turn after %s is %s (%v)", from, next, ok)
		}
	})
}
