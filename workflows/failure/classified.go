package failure

import "rekey/workflows"

// Classified ends an activity as its error was classified: with another attempt where that may help, at the retry
// policy's pace, and for good otherwise, or until a pause is over.
func Classified(p *workflows.Problem, retry bool) error {
	switch {
	case retry:
		return Retry(p, 0)
	case p.Reason == workflows.Paused:
		return Pause(p)
	}
	return Refuse(p)
}
