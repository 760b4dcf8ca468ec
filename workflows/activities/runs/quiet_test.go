package runs

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/synthetics/types"
)

func TestQuiet(t *testing.T) {
	dated := since.Add(time.Hour)
	old := passed("old", -time.Hour, "")
	for name, test := range map[string]struct {
		why   string
		found []types.CanaryRun
		all   bool
		want  time.Time
	}{
		"none goes on":           {"", []types.CanaryRun{passed("a", time.Minute, ""), old}, true, dated},
		"one goes on":            {"what began before it has ended", []types.CanaryRun{running("a", 50*time.Minute), old}, true, since.Add(50 * time.Minute)},
		"two go on":              {"", []types.CanaryRun{running("b", 55*time.Minute), running("a", 50*time.Minute)}, true, since.Add(50 * time.Minute)},
		"no runs":                {"", nil, true, dated},
		"more runs than listed":  {"they are older than any that goes on", []types.CanaryRun{passed("a", 50*time.Minute, ""), old}, false, dated},
		"too few of many listed": {"an older one may go on", []types.CanaryRun{passed("a", 50*time.Minute, "")}, false, time.Time{}},
	} {
		t.Run(name, func(t *testing.T) {
			if got := quiet(test.found, test.all, dated); !got.Equal(test.want) {
				t.Errorf("%s: got %s, want %s", test.why, got, test.want)
			}
		})
	}
	if got := quiet([]types.CanaryRun{old}, true, time.Time{}); !got.IsZero() {
		t.Errorf("an answer without a date tells %s", got)
	}
}
