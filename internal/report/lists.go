package report

import (
	rekeyv1 "rekey/gen/rekey/v1"
	"rekey/internal/tables"
)

// lists are what is written while the canaries are listed: those that somebody has to see to by hand, those that did not get to
// the end, those whose old access is held, and all of them by cell.
type lists struct {
	byHand, unfinished, held *attentionList
	canaries                 *spool
}

func newLists() (*lists, error) {
	canaries, err := newSpool()
	if err != nil {
		return nil, err
	}
	return &lists{
		byHand:     newAttentionList("by-hand", "To be seen to by hand", "Nothing is to be done by hand."),
		unfinished: newAttentionList("unfinished", "Did not get to the end", "Every canary that was begun got to the end."),
		held:       newAttentionList("held", "Old access held", "No old access is held."),
		canaries:   canaries,
	}, nil
}

// note lists a canary that somebody should look at.
func (l *lists) note(c *rekeyv1.Canary) error {
	o := outcomeOf(c)
	if p := tables.ToDo(c); p != nil {
		if err := l.byHand.add(attention{newCanaryName(c), o, p}); err != nil {
			return err
		}
	}
	switch o {
	case failed, unverified, returned, blocked, strange:
		return l.unfinished.add(attention{newCanaryName(c), o, c.GetProblem()})
	case held:
		return l.held.add(attention{newCanaryName(c), o, c.GetOldAccess().GetHeldBecause()})
	default:
		return nil
	}
}

func (l *lists) remove() {
	l.byHand.remove()
	l.unfinished.remove()
	l.held.remove()
	l.canaries.remove()
}
