package runs

import (
	"time"

	"rekey/workflows"
)

// soon is how long, in AWS's time, it is from one look to the next when the last runs are likely to end.
const soon = time.Second

// nextLook is how long, in AWS's time, after a look that found nobody ready there is another: soon, where the last of all runs that
// are waited for is likely to end about now, and else as long as usual. Others would be looked for too often by that.
func nextLook(in workflows.AwaitRunsInput, dated time.Time) time.Duration {
	var last time.Time
	for _, w := range in.Waiting {
		if w.Likely.IsZero() {
			return in.Poll.Every
		}
		if w.Likely.After(last) {
			last = w.Likely
		}
	}
	if dated.IsZero() || last.Sub(dated).Abs() > in.Poll.Every {
		return in.Poll.Every
	}
	return min(soon, in.Poll.Every)
}
