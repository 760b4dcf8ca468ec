package runs

import (
	"time"

	"github.com/aws/aws-sdk-go-v2/service/synthetics/types"

	"rekey/workflows/aws/canaries"
)

// quiet is the time before which no run began that still goes on, as the canary's runs tell that AWS listed at a date, newest
// first; zero where they don't go back far enough to tell.
func quiet(found []types.CanaryRun, all bool, dated time.Time) time.Time {
	if dated.IsZero() || !all && (len(found) == 0 || dated.Sub(canaries.Started(found[len(found)-1])) < canaries.LongestRun) {
		return time.Time{}
	}
	since := dated
	for _, r := range found {
		if started := canaries.Started(r); !canaries.IsComplete(r) && started.Before(since) {
			since = started
		}
	}
	return since
}
