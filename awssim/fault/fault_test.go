package fault

import (
	"testing"
	"time"
)

// TestBucketOfALimit has more calls come at once than a bucket holds, and again a second later.
func TestBucketOfALimit(t *testing.T) {
	for name, test := range map[string]struct {
		rule          Rule
		atOnce, later int
	}{
		"a second's":             {Rule{Limit: 5}, 5, 5},
		"more":                   {Rule{Limit: 5, Burst: 20}, 20, 5},
		"less":                   {Rule{Limit: 5, Burst: 2}, 2, 2},
		"one call at least":      {Rule{Limit: 0.5}, 1, 0},
		"one, where less is set": {Rule{Limit: 1, Burst: 0.1}, 1, 1},
	} {
		i := New(1, time.Now)
		i.Set([]Rule{test.rule})
		a, now := (*i.rules.Load())[0], time.Now()
		a.filled = now
		take := func(at time.Time) (taken int) {
			for a.take(at) {
				taken++
			}
			return taken
		}
		if atOnce, later := take(now), take(now.Add(time.Second)); atOnce != test.atOnce || later != test.later {
			t.Errorf("%s: %d at once and %d a second later, want %d and %d", name, atOnce, later, test.atOnce, test.later)
		}
	}
}
