package report

import (
	"image/color"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"

	rekeyv1 "rekey/gen/rekey/v1"
	"rekey/internal/tables"
)

func TestOutcomesCanBeTold(t *testing.T) {
	letters, black, white := map[string]outcome{}, rgb(0x0f1419), rgb(0xffffff)
	for o := range outcomes {
		if other, taken := letters[o.Letter()]; taken {
			t.Errorf("%s and %s have one letter", o.Word(), other.Word())
		}
		letters[o.Letter()] = o
		if got := contrast(o.looks().Light, white); got < 4.5 {
			t.Errorf("%s: white on it has a contrast of %.2f", o.Word(), got)
		}
		if got := contrast(o.looks().Dark, black); got < 4.5 {
			t.Errorf("%s: black on it has a contrast of %.2f", o.Word(), got)
		}
	}
}

// contrast is the contrast ratio of WCAG 2.2.
func contrast(a, b color.RGBA) float64 {
	high, low := luminance(a), luminance(b)
	if high < low {
		high, low = low, high
	}
	return (high + 0.05) / (low + 0.05)
}

// luminance is the relative luminance of WCAG 2.2.
func luminance(c color.RGBA) float64 {
	linear := func(v uint8) float64 {
		s := float64(v) / 255
		if s <= 0.04045 {
			return s / 12.92
		}
		return math.Pow((s+0.055)/1.055, 2.4)
	}
	return 0.2126*linear(c.R) + 0.7152*linear(c.G) + 0.0722*linear(c.B)
}

func TestEveryStateHasAnOutcome(t *testing.T) {
	for number := range rekeyv1.CanaryState_name {
		state := rekeyv1.CanaryState(number)
		got := outcomeOf(&rekeyv1.Canary{State: state})
		if state != rekeyv1.CanaryState_CANARY_STATE_UNSPECIFIED && (got == strange || got.Word() != tables.Word(state)) {
			t.Errorf("%s is shown as %s", state, got.Word())
		}
	}
	if got := outcomeOf(&rekeyv1.Canary{State: 99}); got != strange {
		t.Errorf("a state that is newer than the report is shown as %s", got.Word())
	}
}

func TestWorstOutcomeShows(t *testing.T) {
	cases := map[string]struct {
		reason string
		counts counts
		want   outcome
	}{
		"Failed":  {reason: "one failure hides behind nothing", counts: counts{migrated: 99, held: 3, failed: 1}, want: failed},
		"Held":    {reason: "held access is looked at before what is done", counts: counts{migrated: 99, held: 1}, want: held},
		"Skipped": {reason: "what was left on purpose does not grey out what is done", counts: counts{migrated: 1, skipped: 9}, want: migrated},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			got, found := tc.counts.worst()
			if diff := cmp.Diff(tc.want, got); diff != "" || !found {
				t.Errorf("%s (-want +got):\n%s", tc.reason, diff)
			}
		})
	}
}
