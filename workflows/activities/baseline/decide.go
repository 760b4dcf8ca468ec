package baseline

import (
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/synthetics/types"

	"rekey/workflows"
	"rekey/workflows/aws/canaries"
)

// decision is what to do about a canary's baseline: nothing more, wait, refuse, or set references.
type decision struct {
	done       bool
	wait       string
	problem    *workflows.Problem
	references []workflows.VisualReference
}

// decide compares a canary with what was recorded of it and with the baseline that it is to have.
func decide(in workflows.SetBaselineInput, c types.Canary) decision {
	standing := canaries.StandingOf(c)
	if standing == canaries.Busy {
		return decision{wait: canaries.BusyMessage(c)}
	}
	now := canaries.Settings(c)
	recorded := in.Recorded
	recorded.From = in.To
	if in.ToLocation != "" {
		recorded.Location = in.ToLocation
	}
	recorded.Visual = onRunsOf(recorded.Visual, now.Visual)
	if in.Wiped {
		recorded.Visual = now.Visual
	}
	if changed := canaries.Changed(recorded, now); len(changed) > 0 {
		return decision{problem: canaries.Drifted(in.Recorded.Name, changed)}
	}
	references, problem := references(in, now)
	switch {
	case problem != nil:
		return decision{problem: problem}
	case isSet(references, now.Visual) && !mayBeHidden(in, references):
		return decision{done: true, references: references}
	case standing != canaries.Settled:
		return decision{problem: canaries.NotUpdatable(now)}
	}
	return decision{references: references}
}

// isSet reports whether a canary has those references. One that asks for the next run is set only while that run
// is awaited.
func isSet(references, now []workflows.VisualReference) bool {
	if slices.ContainsFunc(references, canaries.IsPending) && !slices.ContainsFunc(now, canaries.IsPending) {
		return false
	}
	return canaries.SameBaseline(references, now)
}

// mayBeHidden reports whether what the canary shows may hide that it awaits the next run: it was asked to, and shows the run
// of before, which is to come back (what GetCanary shows between the request and the run is not documented). Such a
// baseline is named once more, also where that was done: it changes nothing then.
func mayBeHidden(in workflows.SetBaselineInput, references []workflows.VisualReference) bool {
	return in.Wiped && slices.EqualFunc(in.Recorded.Visual, references, func(r, wanted workflows.VisualReference) bool {
		return r.BaseRunID == wanted.BaseRunID
	})
}

// onRunsOf is the recorded baseline with the runs that it comes from now, so that a comparison sees only what else
// has changed.
func onRunsOf(recorded, now []workflows.VisualReference) []workflows.VisualReference {
	list := make([]workflows.VisualReference, 0, len(recorded))
	for _, r := range recorded {
		for _, n := range now {
			if serves(r.Browser, n.Browser) && !canaries.IsPending(r) {
				r.BaseRunID = n.BaseRunID
				break
			}
		}
		list = append(list, r)
	}
	return list
}

// references are the visual references that the canary is to have. A baseline that was recorded before its run,
// without screenshots, keeps those that the run has brought since.
func references(in workflows.SetBaselineInput, now workflows.Settings) ([]workflows.VisualReference, *workflows.Problem) {
	list := make([]workflows.VisualReference, 0, len(in.Recorded.Visual))
	for _, r := range in.Recorded.Visual {
		if len(r.Screenshots) == 0 {
			r.Screenshots = screenshots(now.Visual, r.Browser)
		}
		run, ok := runFor(in.Runs, r.Browser)
		if !ok {
			return nil, incomplete(in, r.Browser)
		}
		r.BaseRunID = run
		list = append(list, r)
	}
	if len(list) == 0 {
		return nil, incomplete(in, "any browser")
	}
	return list, nil
}

func runFor(runs []workflows.Run, browser string) (string, bool) {
	for _, run := range runs {
		if serves(browser, run.Browser) {
			return run.ID, true
		}
	}
	return "", false
}

func screenshots(visual []workflows.VisualReference, browser string) []workflows.Screenshot {
	for _, v := range visual {
		if serves(browser, v.Browser) {
			return v.Screenshots
		}
	}
	return nil
}

// serves reports whether a run or reference of one browser serves another's. A canary with one browser need not
// name it, in its references or in its runs.
func serves(a, b string) bool { return a == "" || b == "" || a == b }

func incomplete(in workflows.SetBaselineInput, browser string) *workflows.Problem {
	return &workflows.Problem{
		Reason:   workflows.Internal,
		Message:  fmt.Sprintf("No run was given as the baseline of canary %s in %s.", in.Recorded.Name, browser),
		NextStep: "This is a fault of rekey; the canary keeps its baseline. Report it.",
		Metadata: map[string]string{"canary_name": in.Recorded.Name, "browser": browser},
	}
}
