package failure

import "rekey/workflows"

// Classified ends an activity as its error was classified: with another attempt where that may help, at the retry
// policy's pace, and for good otherwise.
func Classified(p *workflows.Problem, retry bool) error {
	if retry {
		return Retry(p, 0)
	}
	return Refuse(p)
}
