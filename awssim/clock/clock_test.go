package clock_test

import (
	"slices"
	"testing"
	"time"

	"rekey/awssim/clock"
)

func TestShown(t *testing.T) {
	start := time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC)
	fast, slow := clock.New(start, 1e9), clock.New(start, 1e-9)
	t.Cleanup(fast.Close)
	t.Cleanup(slow.Close)
	seen := fast.Now()
	tests := map[string]struct {
		clock *clock.Clock
		at    time.Time
		slack time.Duration
		want  bool
	}{
		"the beginning":                   {fast, start, 0, true},
		"before it":                       {fast, start.Add(-time.Second), 0, false},
		"before it, within the slack":     {fast, start.Add(-time.Second), time.Second, true},
		"what was seen":                   {fast, seen, 0, true},
		"far ahead":                       {fast, start.AddDate(280, 0, 0), 0, false},
		"slow: ahead":                     {slow, start.Add(time.Hour), 0, false},
		"slow: ahead, within the slack":   {slow, start.Add(time.Hour), time.Hour, true},
		"slow: the beginning, still true": {slow, start, 0, true},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if got := tt.clock.Shown(tt.at, tt.slack); got != tt.want {
				t.Errorf("shown: %t, want %t", got, tt.want)
			}
		})
	}
}

func TestFunctionsAreCalledInOrder(t *testing.T) {
	c := clock.New(time.Unix(0, 0), 1)
	t.Cleanup(c.Close)
	order := make(chan int, 3)
	c.After(2*time.Hour, func() { order <- 2 })
	c.After(time.Hour, func() {
		order <- 1
		c.After(3*time.Hour, func() { order <- 3 })
	})
	c.Advance(5 * time.Hour)
	for want := 1; want <= 3; want++ {
		if got := <-order; got != want {
			t.Fatalf("got %d, want %d", got, want)
		}
	}
}

func TestAdvanceMakesEverythingHappenAtItsInstant(t *testing.T) {
	start := time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC)
	c := clock.New(start, 1)
	t.Cleanup(c.Close)
	var at []time.Duration
	note := func() { at = append(at, c.Now().Sub(start).Truncate(time.Minute)) }
	c.After(3*time.Hour, note)
	c.After(time.Hour, func() {
		note()
		c.After(time.Hour, note)
	})
	c.After(5*time.Hour, note)
	c.Advance(4 * time.Hour)
	if want := []time.Duration{time.Hour, 2 * time.Hour, 3 * time.Hour}; !slices.Equal(at, want) {
		t.Errorf("%v, want %v", at, want)
	}
	if now := c.Now(); now.Sub(start).Truncate(time.Minute) != 4*time.Hour {
		t.Errorf("it is %s", now)
	}
	if !c.Shown(c.Now(), 0) {
		t.Error("the time was not shown")
	}
}
