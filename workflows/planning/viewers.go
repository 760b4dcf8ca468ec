package planning

import (
	"fmt"
	"slices"
	"strings"

	"rekey/workflows"
)

// viewers finds who would lose sight of the canary's artifacts, gives those the new key whom the policy carries over,
// and blocks the canary for the others where the policy says so.
func (d *draft) viewers() {
	if d.Action == workflows.RevokeOnly {
		return
	}
	lost := d.lost()
	for _, v := range lost.Viewers {
		if slices.Contains(d.Policies.CarryOver, v.PrincipalARN) && d.To.Mode == workflows.SSEKMS {
			v.CarriedOver = true
			d.Grants = append(d.Grants, workflows.AccessChange{
				Method: workflows.ByGrant, RoleARN: v.PrincipalARN, KeyARN: d.To.KeyARN, DecryptOnly: true,
				GrantName: workflows.GrantName(v.PrincipalARN, "", d.To.KeyARN), Why: "a viewer who is carried over",
			})
		}
		d.Viewers = append(d.Viewers, v)
	}
	if p := d.loss(lost); p != nil && d.Policies.Viewers == workflows.ViewersBlock {
		d.Problem = p
	}
}

func (d *draft) lost() workflows.ViewersLost {
	for _, l := range d.Survey.Viewers {
		if l.Succession == (workflows.Succession{Old: d.Recorded.From.KeyARN, New: d.To}) {
			return l
		}
	}
	return workflows.ViewersLost{}
}

// loss is the problem of viewers who are not carried over, or who may be where nobody could look; nil when there are
// none.
func (d *draft) loss(lost workflows.ViewersLost) *workflows.Problem {
	var names []string
	for _, v := range d.Viewers {
		if !v.CarriedOver {
			names = append(names, v.PrincipalARN)
		}
	}
	if lost.More > 0 {
		names = append(names, fmt.Sprintf("and %d more", lost.More))
	}
	if len(names) == 0 && len(lost.Unread) == 0 {
		return nil
	}
	p := &workflows.Problem{
		Reason:   workflows.ViewersLoseAccess,
		Message:  fmt.Sprintf("Who can read artifacts of canary %s under the old key and could not under the new one: %s.", d.Recorded.Name, strings.Join(names, ", ")),
		NextStep: "Let them decrypt with the new key, or list them to be carried over.",
		Metadata: map[string]string{"viewers": strings.Join(names, ", "), "unread": strings.Join(lost.Unread, ", ")},
	}
	if len(names) == 0 {
		p.Message = fmt.Sprintf("Who can read artifacts of canary %s under the old key could not be found out everywhere.", d.Recorded.Name)
		p.NextStep = "Let the member role read what could not be read, or report viewers instead of blocking for them."
	}
	if len(lost.Unread) > 0 {
		p.Message += fmt.Sprintf(" Could not be read: %s.", p.Metadata["unread"])
	}
	return p
}
