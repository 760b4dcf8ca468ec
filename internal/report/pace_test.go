package report

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	rekeyv1 "rekey/gen/rekey/v1"
)

// ended is how many canaries had begun and rested in the end.
type ended struct{ Began, Rested int }

func TestPaceCountsWhatBegan(t *testing.T) {
	migratedState, blockedState := rekeyv1.CanaryState_CANARY_STATE_MIGRATED, rekeyv1.CanaryState_CANARY_STATE_BLOCKED
	cases := map[string]struct {
		reason   string
		canaries []*rekeyv1.Canary
		want     ended
	}{
		"Nothing":    {reason: "there is nothing to draw"},
		"Rested":     {reason: "begun and rested", canaries: []*rekeyv1.Canary{{State: migratedState, StartTime: after(1), UpdateTime: after(9)}}, want: ended{1, 1}},
		"Going on":   {reason: "begun only", canaries: []*rekeyv1.Canary{{State: rekeyv1.CanaryState_CANARY_STATE_MIGRATING, StartTime: after(1), UpdateTime: after(2)}}, want: ended{1, 0}},
		"Blocked":    {reason: "what was blocked in the plan was never begun", canaries: []*rekeyv1.Canary{{State: blockedState, UpdateTime: after(1)}}},
		"Stopped":    {reason: "what was blocked in its story was", canaries: []*rekeyv1.Canary{{State: blockedState, StartTime: after(1), UpdateTime: after(2)}}, want: ended{1, 1}},
		"Start lost": {reason: "a migrated canary had begun, whether or not it is known when", canaries: []*rekeyv1.Canary{{State: migratedState, UpdateTime: after(9)}}, want: ended{1, 1}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			var p pace
			for _, c := range tc.canaries {
				p.add(c)
			}
			var got ended
			if moments := p.moments(); len(moments) > 0 {
				end := moments[len(moments)-1]
				got = ended{end.Began, end.Total()}
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.reason, diff)
			}
		})
	}
}

func TestTicksAreRound(t *testing.T) {
	cases := map[string]struct {
		reason string
		length time.Duration
		first  string
	}{
		"Seconds": {reason: "a rehearsal", length: 40 * time.Second, first: "4 Mar 09:00:00"},
		"Hours":   {reason: "a day's work", length: 7 * time.Hour, first: "4 Mar 09:00"},
		"Weeks":   {reason: "the ticks stay few", length: 60 * 24 * time.Hour, first: "5 Mar 00:00"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			begin := float64(sampleBegin.Unix())
			ticks := clockTicks(begin, begin+tc.length.Seconds())
			if len(ticks) < 2 || len(ticks) > mostTicks+1 || ticks[0].Label != tc.first {
				t.Errorf("%s: got %d ticks from %q, want a handful from %q", tc.reason, len(ticks), ticks[0].Label, tc.first)
			}
		})
	}
}

func TestChartHasTheColoursThatTheStyleSheetFinds(t *testing.T) {
	var p pace
	for _, c := range shown.canaries() {
		p.add(c)
	}
	moments := p.moments()
	svg, err := chart(moments, sampleWaves())
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range moments[len(moments)-1].Rested.shares() {
		for what, text := range map[string]string{"the chart": string(svg), "the style sheet": string(styles())} {
			if want := "fill:" + hex(s.Outcome.looks().Light); !strings.Contains(text, want) {
				t.Errorf("%s has no %s for %s", what, want, s.Outcome.Word())
			}
		}
	}
	for what, text := range map[string]string{"the chart": string(svg), "the style sheet": string(styles())} {
		if want := "stroke:" + hex(ink); !strings.Contains(text, want) {
			t.Errorf("%s has no %s for its lines", what, want)
		}
	}
}
