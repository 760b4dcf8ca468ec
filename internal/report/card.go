package report

import (
	"strings"

	rekeyv1 "rekey/gen/rekey/v1"
	"rekey/internal/tables"
)

// card is a canary of which there is more to say than a row holds.
type card struct {
	*rekeyv1.Canary
	Outcome outcome
}

// Anchor is what a link to the card names.
func (c card) Anchor() string { return newCanaryName(c.Canary).Anchor() }

// Line is the card folded: what became of the canary, and why.
func (c card) Line() string {
	parts := []string{c.Outcome.Word()}
	if p := c.GetProblem(); p != nil {
		parts = append(parts, reason(p))
	}
	if p := c.GetOldAccess().GetHeldBecause(); p != nil && c.Outcome == held {
		parts = append(parts, reason(p))
	}
	if c.Outcome == migrating || c.Outcome == failed {
		parts = append(parts, "in step "+plain(tables.Word(c.GetStep())))
	}
	if c.GetExcused() {
		parts = append(parts, "not charged: others failed like it")
	}
	if n := len(c.GetNotices()); n > 0 {
		parts = append(parts, counted(n, "notice"))
	}
	return strings.Join(parts, " · ")
}

// ToLocation is where the artifacts go after, as far as there is an after.
func (c card) ToLocation() string {
	if to := c.GetToArtifactLocation(); to != "" {
		return to
	}
	return c.GetArtifactLocation()
}

// HasSettings reports whether there is anything that the canary is to have.
func (c card) HasSettings() bool { return c.GetTo() != nil }

// Losing are the viewers who lose sight of new artifacts.
func (c card) Losing() []*rekeyv1.Viewer { return losing(c.Canary) }

// Hold is why the old access is held, or will be where that is known before.
func (c card) Hold() *rekeyv1.Problem {
	if p := c.GetOldAccess().GetHeldBecause(); p != nil {
		return p
	}
	return c.GetHold()
}
