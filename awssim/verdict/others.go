package verdict

import (
	"time"

	"rekey/awssim/journal"
)

// others is what the accounts' owners did that can fail runs, whoever migrates: a migration never changes a key's state and
// never deletes a role.
type others struct {
	unusable map[string][]time.Time // by key: since when it could not be used, each time
	deleted  map[string]time.Time   // by role
}

func (o *others) add(e journal.Entry) {
	switch e.Action {
	case "kms:DisableKey", "kms:ScheduleKeyDeletion":
		if o.unusable == nil {
			o.unusable = map[string][]time.Time{}
		}
		o.unusable[e.Resource] = append(o.unusable[e.Resource], e.Time)
	case "iam:DeleteRole":
		if o.deleted == nil {
			o.deleted = map[string]time.Time{}
		}
		o.deleted[e.Resource] = e.Time
	}
}

// brought is the action of somebody else that refused the run what it needed, empty when there was none. Who moves a canary
// to a key that can't be used any more answers for it; who moved it before doesn't.
func (o *others) brought(f *Failure, moves []move) string {
	if at, ok := o.deleted[f.role]; ok && !at.After(f.ended) {
		return "iam:DeleteRole"
	}
	var since time.Time
	for _, at := range o.unusable[f.Unusable] {
		if !at.After(f.ended) {
			since = at
		}
	}
	if since.IsZero() {
		return ""
	}
	for _, m := range moves {
		if m.to == f.Unusable && m.at.After(since) && !m.at.After(f.Started) {
			return ""
		}
	}
	return "kms:DisableKey"
}
