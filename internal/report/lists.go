package report

import rekeyv1 "rekey/gen/rekey/v1"

// lists are what is written while the canaries are listed: those that did not get to the end, those whose old access is
// held, and all of them by cell.
type lists struct {
	unfinished, held *attentionList
	canaries         *spool
}

func newLists() (*lists, error) {
	canaries, err := newSpool()
	if err != nil {
		return nil, err
	}
	return &lists{
		unfinished: newAttentionList("unfinished", "Did not get to the end", "Every canary that was begun got to the end."),
		held:       newAttentionList("held", "Old access held", "No old access is held."),
		canaries:   canaries,
	}, nil
}

// note lists a canary that somebody should look at.
func (l *lists) note(c *rekeyv1.Canary) error {
	switch o := outcomeOf(c); o {
	case failed, unverified, returned, blocked, strange:
		return l.unfinished.add(attention{newCanaryName(c), o, c.GetProblem()})
	case held:
		return l.held.add(attention{newCanaryName(c), o, c.GetOldAccess().GetHeldBecause()})
	default:
		return nil
	}
}

func (l *lists) remove() {
	l.unfinished.remove()
	l.held.remove()
	l.canaries.remove()
}
