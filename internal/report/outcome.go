package report

import (
	"fmt"
	"image/color"
	"strings"

	rekeyv1 "rekey/gen/rekey/v1"
)

// outcome is what became of a canary, or of a cell that could not be entered. The smaller is the worse: a cell shows the
// worst of its canaries. What was skipped on purpose comes last, so that a cell shows it only where there is nothing else.
type outcome int

const (
	strange outcome = iota
	unreachable
	failed
	unverified
	returned
	blocked
	held
	migrating
	pending
	cancelled
	migrated
	skipped
	outcomes // how many there are
)

// looks says how an outcome is shown. The letter is there for those who don't see the colour, and for print.
type looks struct {
	Letter, Word, Meaning string
	// Light and Dark are the colours on a light and a dark page. All of Light bear white text, all of Dark black text, with a
	// contrast of 4.5 at least (WCAG 2.2, 1.4.3).
	Light, Dark color.RGBA
	// Loud outcomes fill their cell of the grid with the colour: somebody should look at them.
	Loud bool
}

var outcomeLooks = [outcomes]looks{
	strange:     {"?", "not known", "a state that is newer than this report", rgb(0x6e4a1f), rgb(0xd2a56d), true},
	unreachable: {"X", "not reachable", "the cell could not be entered, and none of its canaries was planned", rgb(0x5b2333), rgb(0xe39ab0), true},
	failed:      {"F", "failed", "did not get to the end; old access was not revoked", rgb(0xb3261e), rgb(0xff8a80), true},
	unverified:  {"U", "unverified", "updated, but no run proved it before the deadline; both accesses are held", rgb(0xb4520a), rgb(0xffab70), true},
	returned:    {"R", "returned", "put back to the recorded settings", rgb(0x7a3e9d), rgb(0xd7a6f2), true},
	blocked:     {"B", "blocked", "left as it is, because something is in the way", rgb(0x8a5a00), rgb(0xe8bd62), true},
	held:        {"H", "held", "migrated and proven; old access is held, with the reason", rgb(0x1d5fa8), rgb(0x8fc1f7), false},
	migrating:   {"▸", "migrating", "in one of the five steps, or on the way back", rgb(0x0b7285), rgb(0x6fd3e3), false},
	pending:     {"P", "pending", "its turn has not come", rgb(0x5c6570), rgb(0xaab4bf), false},
	cancelled:   {"C", "cancelled", "not begun when the migration was cancelled", rgb(0x4a4458), rgb(0xc3bccf), false},
	migrated:    {"M", "migrated", "proven on the new encryption; old access is gone, or there was none", rgb(0x1b7a43), rgb(0x7bd69b), false},
	skipped:     {"S", "skipped", "left as it is, on purpose", rgb(0x69635a), rgb(0xb9b2a6), false},
}

func rgb(hex uint32) color.RGBA {
	return color.RGBA{R: uint8(hex >> 16), G: uint8(hex >> 8), B: uint8(hex), A: 0xff} //nolint:gosec // the bytes of a number
}

func (o outcome) looks() looks { return outcomeLooks[o] }

// Letter, Word, Meaning and IsLoud are what a template shows.
func (o outcome) Letter() string { return o.looks().Letter }

// Word is the outcome's name.
func (o outcome) Word() string { return o.looks().Word }

// Meaning is the outcome in a sentence.
func (o outcome) Meaning() string { return o.looks().Meaning }

// Class is the CSS class that has the outcome's colour.
func (o outcome) Class() string {
	class := "o-" + strings.ReplaceAll(o.looks().Word, " ", "-")
	if o.looks().Loud {
		class += " loud"
	}
	return class
}

// outcomeOf is what became of a canary.
func outcomeOf(c *rekeyv1.Canary) outcome {
	switch c.GetState() {
	case rekeyv1.CanaryState_CANARY_STATE_MIGRATED:
		if c.GetOldAccess().GetState() == rekeyv1.OldAccessState_OLD_ACCESS_STATE_HELD {
			return held
		}
		return migrated
	case rekeyv1.CanaryState_CANARY_STATE_PENDING:
		return pending
	case rekeyv1.CanaryState_CANARY_STATE_MIGRATING:
		return migrating
	case rekeyv1.CanaryState_CANARY_STATE_SKIPPED:
		return skipped
	case rekeyv1.CanaryState_CANARY_STATE_BLOCKED:
		return blocked
	case rekeyv1.CanaryState_CANARY_STATE_FAILED:
		return failed
	case rekeyv1.CanaryState_CANARY_STATE_RETURNED:
		return returned
	case rekeyv1.CanaryState_CANARY_STATE_UNVERIFIED:
		return unverified
	case rekeyv1.CanaryState_CANARY_STATE_CANCELLED:
		return cancelled
	default:
		return strange
	}
}

// counts is how many canaries have each outcome.
type counts [outcomes]int

// worst is the worst outcome that there is, and false where there is none.
func (c *counts) worst() (outcome, bool) {
	for o, n := range c {
		if n > 0 {
			return outcome(o), true
		}
	}
	return 0, false
}

func (c *counts) total() int {
	total := 0
	for _, n := range c {
		total += n
	}
	return total
}

// share is how many canaries of several have an outcome.
type share struct {
	Outcome outcome
	Count   int
}

// shares are the outcomes that there are, the worst first.
func (c *counts) shares() []share {
	var list []share
	for o, n := range c {
		if n > 0 {
			list = append(list, share{outcome(o), n})
		}
	}
	return list
}

// hex is a colour as CSS and SVG write it.
func hex(c color.RGBA) string { return fmt.Sprintf("#%02X%02X%02X", c.R, c.G, c.B) }
