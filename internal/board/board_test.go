package board

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jedib0t/go-pretty/v6/text"
	"google.golang.org/protobuf/proto"

	rekeyv1 "rekey/gen/rekey/v1"
	"rekey/internal/client/clienttest"
)

var update = flag.Bool("update", false, "write the golden files anew")

// sample is a board in full swing: failures, held access, a pause.
func sample() State {
	s := State{Migration: clienttest.Migration(clienttest.Running), Now: clienttest.At(52).AsTime()}
	s.Pace.See(clienttest.At(50).AsTime(), s.Migration)
	for _, c := range clienttest.Canaries() {
		switch c.GetOldAccess().GetState() {
		case rekeyv1.OldAccessState_OLD_ACCESS_STATE_HELD:
			s.Held = append(s.Held, c)
		default:
		}
	}
	for i := range 3 {
		s.Failed = append(s.Failed, &rekeyv1.Canary{
			AccountId: clienttest.Shop, Region: "us-east-1", Name: fmt.Sprintf("shop-%d", i), State: rekeyv1.CanaryState_CANARY_STATE_FAILED,
			UpdateTime: clienttest.At(49 - i), Problem: &rekeyv1.Problem{
				Reason: rekeyv1.ErrorReason_ERROR_REASON_ACCESS_PROBLEM, NextStep: "Look at the key's policy, then retry the canary.",
			},
		})
	}
	return s
}

// many is a board with more of everything than fits.
func many() State {
	s := sample()
	last := s.Migration.GetWaves()[2]
	for n := range int32(30) {
		w := proto.CloneOf(last)
		w.Number, w.Title = 3+n, "accounts of the last one of many departments"
		s.Migration.Waves = append(s.Migration.Waves, w)
	}
	for range 20 {
		s.Failed = append(s.Failed, s.Failed[0])
	}
	s.Trouble = "The server is away. Trying again …"
	return s
}

// A board is as large as its terminal, no line longer and no more lines, whatever there is to show; and what it shows is
// what somebody looks for.
func TestDraw(t *testing.T) {
	paused := State{Migration: clienttest.Migration(clienttest.Paused)}
	urgent := sample()
	urgent.ByHand = []*rekeyv1.Canary{{
		AccountId: clienttest.Shop, Region: "us-east-1", Name: "shop-once", State: rekeyv1.CanaryState_CANARY_STATE_MIGRATED,
		UpdateTime: clienttest.At(51), Notices: []*rekeyv1.Problem{{
			Reason: rekeyv1.ErrorReason_ERROR_REASON_CANARY_LEFT_RUNNING, NextStep: "Stop the canary by hand.",
		}},
	}}
	cases := map[string]struct {
		state         State
		width, height int
	}{
		"80x24.txt":        {sample(), 80, 24},
		"160x50.txt":       {sample(), 160, 50},
		"many-80x24.txt":   {many(), 80, 24},
		"many-160x50.txt":  {many(), 160, 50},
		"urgent-80x24.txt": {urgent, 80, 24},
		"paused-80x24.txt": {paused, 80, 24},
		"20x6.txt":         {sample(), 20, 6},
		"nothing.txt":      {State{}, 80, 24},
	}
	for file, tc := range cases {
		t.Run(file, func(t *testing.T) {
			got := text.StripEscape(Draw(tc.state, tc.width, tc.height)) + "\n"
			if n := strings.Count(got, "\n"); n > tc.height {
				t.Errorf("%d lines on a terminal of %d", n, tc.height)
			}
			for line := range strings.Lines(got) {
				if n := text.StringWidth(strings.TrimSuffix(line, "\n")); n > tc.width {
					t.Errorf("%d columns on a terminal of %d: %s", n, tc.width, line)
				}
			}
			golden(t, file, got)
		})
	}
}

// No size of a terminal is too small to be drawn on.
func TestDrawOnAnything(t *testing.T) {
	for width := range 100 {
		for height := range 40 {
			if n := strings.Count(Draw(many(), width, height), "\n"); height > 0 && n >= height {
				t.Fatalf("%d lines on %d×%d", n+1, width, height)
			}
		}
	}
}

func golden(t *testing.T, file, got string) {
	t.Helper()
	path := filepath.Join("testdata", file)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got; go test ./internal/board -update writes it anew):\n%s", path, diff)
	}
}

func TestPace(t *testing.T) {
	at := func(minute, rested int) (time.Time, *rekeyv1.Migration) {
		return clienttest.At(minute).AsTime(), &rekeyv1.Migration{Waves: []*rekeyv1.Wave{{Rested: int32(rested), Canaries: 100}}} //nolint:gosec // a few
	}
	cases := map[string]struct {
		reason string
		seen   [][2]int // minute, rested
		rate   float64
		left   time.Duration
	}{
		"Nothing": {reason: "one look is no pace", seen: [][2]int{{0, 10}}},
		"Steady":  {reason: "ten in five minutes, eighty to go", seen: [][2]int{{0, 10}, {5, 20}}, rate: 2, left: 40 * time.Minute},
		"Still":   {reason: "no pace, no end in sight", seen: [][2]int{{0, 10}, {5, 10}}},
		"Done":    {reason: "nothing is left", seen: [][2]int{{0, 10}, {5, 100}}, rate: 18},
		"Changed": {
			reason: "what was longer ago than the window no longer counts",
			seen:   [][2]int{{0, 0}, {1, 50}, {10, 50}, {20, 60}}, rate: 1, left: 40 * time.Minute,
		},
		"Again": {reason: "a retry begins anew", seen: [][2]int{{0, 100}, {5, 0}, {10, 5}}, rate: 1, left: 95 * time.Minute},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			var p Pace
			var last *rekeyv1.Migration
			for _, s := range tc.seen {
				now, m := at(s[0], s[1])
				p.See(now, m)
				last = m
			}
			if rate, left := p.PerMinute(), p.Left(last); rate != tc.rate || left != tc.left {
				t.Errorf("%s: %.2f a minute and %v left, want %.2f and %v", tc.reason, rate, left, tc.rate, tc.left)
			}
		})
	}
}

// What a board without waves counts is what the plan is to migrate, and never more.
func TestRestedWithoutWaves(t *testing.T) {
	rested, all := Rested(clienttest.Migration(clienttest.Done))
	if rested != 3 || all != 3 {
		t.Errorf("%d of %d rest, want 3 of 3", rested, all)
	}
}

func TestChanges(t *testing.T) {
	running := clienttest.Migration(clienttest.Running)
	judged := proto.CloneOf(running)
	judged.Waves[1].State = rekeyv1.WaveState_WAVE_STATE_JUDGED
	judged.Waves[1].Judgement = &rekeyv1.Judgement{Verdict: rekeyv1.WaveVerdict_WAVE_VERDICT_INCONCLUSIVE, Reason: "others failed too"}
	cases := map[string]struct {
		reason      string
		before, now *rekeyv1.Migration
		want        []string
	}{
		"Same": {reason: "nothing is said of what has not changed", before: running, now: running},
		"Judged": {
			reason: "a judgement is said with its reason", before: running, now: judged,
			want: []string{"wave 1 (10 %, 100 canaries) is judged: inconclusive: others failed too"},
		},
		"Paused": {
			reason: "a pause is said once as the state, and once as a pause with its cause", before: running, now: clienttest.Migration(clienttest.Paused),
			want: []string{
				"m-00000000000000paused is paused: the failure budget of wave 1 is used up: 6 of 5",
				"all is paused, budget: the failure budget of wave 1 is used up",
				"111100000001/eu-west-1 is paused no more",
			},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, Changes(tc.before, tc.now)); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.reason, diff)
			}
		})
	}
}
