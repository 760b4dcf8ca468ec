package matrix

import (
	"fmt"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rekey/bench/machine"
	"rekey/durable/kill/point"
)

// sightings are points of one name each, of subjects 0 to n-1.
func sightings(stage int, kind point.Kind, what string, n int) []sighting {
	list := make([]sighting, n)
	for i := range list {
		list[i] = sighting{point.Point{Kind: kind, What: what, Moment: point.After, Subject: fmt.Sprint(i)}, stage}
	}
	return list
}

func seen(lists ...[]sighting) end {
	var e end
	for _, l := range lists {
		e.seen = append(e.seen, l...)
	}
	return e
}

// TestList takes the points that all plays come to, once each, in the order of the first, and stage by stage.
func TestList(t *testing.T) {
	forth, back, extra := sightings(0, point.Call, "UpdateCanary", 2), sightings(2, point.Call, "UpdateCanary", 1), sightings(0, point.Verb, "x", 1)
	points, sometimes := list([]end{seen(forth, forth, extra, back), seen(back, forth)})
	want := []sighting{forth[0], forth[1], back[0]}
	var got []sighting
	for _, p := range points {
		got = append(got, p.sighting)
	}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(sighting{})); diff != "" || sometimes != 1 {
		t.Errorf("%d points only sometimes; points (-want +got):\n%s", sometimes, diff)
	}
}

// TestChoose counts the cases that a configuration takes of nine canaries' updates, four claims and one start.
func TestChoose(t *testing.T) {
	points, _ := list([]end{seen(
		sightings(0, point.Verb, "start", 1), sightings(0, point.Registry, "claim", 4), sightings(0, point.Call, "UpdateCanary", 9),
	)})
	two := []string{"rekey-worker", "temporal"}
	for name, test := range map[string]struct {
		config Config
		cases  int
		kinds  map[point.Kind]int
	}{
		"the first of each":         {Config{Victims: two, Subjects: 1}, 6, map[point.Kind]int{point.Verb: 2, point.Registry: 2, point.Call: 2}},
		"the first and another":     {Config{Victims: two, Subjects: 2}, 10, map[point.Kind]int{point.Verb: 2, point.Registry: 4, point.Call: 4}},
		"all":                       {Config{Victims: two}, 28, map[point.Kind]int{point.Verb: 2, point.Registry: 8, point.Call: 18}},
		"those of a pattern":        {Config{Victims: two, Points: "call/*/after"}, 18, map[point.Kind]int{point.Call: 18}},
		"none of a pattern":         {Config{Victims: two, Points: "call/*/before"}, 0, map[point.Kind]int{}},
		"a few, in turn of each":    {Config{Victims: two, Cases: 6}, 6, map[point.Kind]int{point.Verb: 2, point.Registry: 2, point.Call: 2}},
		"no more than there are":    {Config{Victims: two, Cases: 100}, 28, map[point.Kind]int{point.Verb: 2, point.Registry: 8, point.Call: 18}},
		"a few, beyond the scarce":  {Config{Victims: two, Cases: 12}, 12, map[point.Kind]int{point.Verb: 2, point.Registry: 5, point.Call: 5}},
		"very few, of each victim":  {Config{Victims: two, Cases: 2}, 2, nil},
		"a few of different passes": {Config{Victims: two, Cases: 6, Mixed: true}, 6, map[point.Kind]int{point.Verb: 2, point.Registry: 2, point.Call: 2}},
	} {
		t.Run(name, func(t *testing.T) {
			cases := choose(points, test.config)
			kinds := map[point.Kind]int{}
			victims := map[string]int{}
			distinct := map[Case]bool{}
			for _, c := range cases {
				kinds[c.Point.Kind]++
				victims[c.Victim]++
				distinct[c] = true
			}
			if diff := cmp.Diff(test.kinds, kinds); test.kinds != nil && diff != "" || len(cases) != test.cases || len(distinct) != len(cases) {
				t.Errorf("%d cases, %d of them distinct (-want +got):\n%s", len(cases), len(distinct), diff)
			}
			if victims[two[0]] != victims[two[1]] {
				t.Errorf("the victims are not killed equally often: %v", victims)
			}
			if diff := cmp.Diff(cases, choose(points, test.config), cmp.AllowUnexported(Case{})); diff != "" {
				t.Errorf("the same seed chooses others:\n%s", diff)
			}
		})
	}
}

// TestChooseGoesOn takes subjects that an earlier run played before those that come first now.
func TestChooseGoesOn(t *testing.T) {
	points, _ := list([]end{seen(sightings(0, point.Call, "UpdateCanary", 5), sightings(0, point.Verb, "start", 1))})
	c := Config{Victims: []string{"rekey-worker", "temporal"}}
	third := choose(points, c)[2]
	c.Played, c.Subjects = []Result{{Case: third}}, 1
	var got []string
	for _, k := range without(choose(points, c), c.Played) {
		got = append(got, k.Victim+" "+k.Point.String())
	}
	want := []string{"rekey-worker verb/start/after 0", "temporal call/UpdateCanary/after 0", "temporal verb/start/after 0"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("cases that are left (-want +got):\n%s", diff)
	}
	c.Subjects = 2
	if n := len(without(choose(points, c), c.Played)); n != 5 {
		t.Errorf("%d cases are left of two subjects each, want 5", n)
	}
}

// TestTogether plays side by side what may be.
func TestTogether(t *testing.T) {
	cases := []Case{{Victim: "a"}, {Victim: "a"}, {Victim: "b"}, {Victim: "b", Stage: 1}}
	for name, test := range map[string]struct {
		config Config
		want   int
	}{
		"of one victim": {Config{Parallel: 9}, 2},
		"of one stage":  {Config{Parallel: 9, Mixed: true}, 3},
		"one by one":    {Config{Parallel: 1, Mixed: true}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			m := matrix{Config: test.config}
			if got := m.together(cases); got != test.want {
				t.Errorf("got %d, want %d", got, test.want)
			}
		})
	}
}

// TestVerdict is an error, and the line says why, as soon as one case is not as it should be.
func TestVerdict(t *testing.T) {
	fine := Result{Reached: true, Equal: true, Recovery: 2}
	for name, test := range map[string]struct {
		report Report
		fails  bool
		line   string
	}{
		"all equal":       {Report{Results: []Result{fine, {Reached: true, Equal: true, Recovery: 8}, fine}}, false, "cases=3 equal=3 different=0 unreached=0 recovery_p50=2.0s recovery_max=8.0s"},
		"one differs":     {Report{Results: []Result{fine, {Reached: true}}}, true, "cases=2 equal=1 different=1 unreached=0 recovery_p50=2.0s recovery_max=2.0s"},
		"one not reached": {Report{Results: []Result{fine, {Equal: true}}}, true, "cases=2 equal=1 different=0 unreached=1 recovery_p50=2.0s recovery_max=2.0s"},
		"none":            {Report{}, true, "cases=0 equal=0 different=0 unreached=0 recovery_p50=0.0s recovery_max=0.0s"},
		"a death":         {Report{Results: []Result{fine}, Died: []string{"temporal"}}, true, "cases=1 equal=1 different=0 unreached=0 recovery_p50=2.0s recovery_max=2.0s"},
	} {
		t.Run(name, func(t *testing.T) {
			if err := test.report.verdict(); (err != nil) != test.fails {
				t.Errorf("the verdict is %v", err)
			}
			if diff := cmp.Diff("kill-matrix: "+test.line, test.report.Line()); diff != "" {
				t.Errorf("the line (-want +got):\n%s", diff)
			}
		})
	}
}

// TestMissedCasesAreTakenOnceMore leaves out those that are done, and those that differ wherever they were killed.
func TestMissedCasesAreTakenOnceMore(t *testing.T) {
	missed, fine, bad := Case{Victim: "missed"}, Result{Reached: true, Equal: true}, Result{Difference: "-"}
	r := Report{Results: []Result{fine, {Case: missed, Equal: true}, bad}}
	if diff := cmp.Diff([]Case{missed}, r.takeMissed(), cmp.AllowUnexported(Case{})); diff != "" {
		t.Errorf("taken (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]Result{fine, bad}, r.Results, cmp.AllowUnexported(Case{})); diff != "" {
		t.Errorf("left (-want +got):\n%s", diff)
	}
}

// TestWithout leaves out what an earlier run has played, wherever it came in the order.
func TestWithout(t *testing.T) {
	points, _ := list([]end{seen(sightings(0, point.Call, "UpdateCanary", 3))})
	cases := choose(points, Config{Victims: []string{"rekey-worker", "temporal"}})
	earlier := cases[4]
	earlier.order = 7
	want := slices.Delete(slices.Clone(cases), 4, 5)
	if diff := cmp.Diff(want, without(cases, []Result{{Case: earlier}}), cmp.AllowUnexported(Case{})); diff != "" {
		t.Errorf("cases (-want +got):\n%s", diff)
	}
}

// TestEarlier takes over what was equal, and nothing of other versions or another seed.
func TestEarlier(t *testing.T) {
	file := filepath.Join(t.TempDir(), "kill.json")
	equal, different, unreached := Result{Play: 1, Reached: true, Equal: true}, Result{Play: 2, Reached: true}, Result{Play: 3, Equal: true}
	now := machine.Versions{Rekey: "abc", Go: "go1.26"}
	if err := (&Report{Seed: 1, TimeScale: 60, Versions: now, Results: []Result{equal, different, unreached}}).Write(file); err != nil {
		t.Fatal(err)
	}
	c := Config{Seed: 1, TimeScale: 60}
	got, err := c.Earlier(file, now)
	if diff := cmp.Diff([]Result{equal}, got, cmp.AllowUnexported(Case{})); err != nil || diff != "" {
		t.Errorf("%v; results (-want +got):\n%s", err, diff)
	}
	if _, err := c.Earlier(file, machine.Versions{Rekey: "abcd", Go: "go1.26"}); err == nil {
		t.Error("results of another commit are taken over")
	}
	c.Seed = 2
	if _, err := c.Earlier(file, now); err == nil {
		t.Error("results of another seed are taken over")
	}
	c.Seed = 1
	if err := (&Report{Seed: 1, TimeScale: 60, Versions: now, Died: []string{"rekey-worker"}}).Write(file); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Earlier(file, now); err == nil {
		t.Error("a process that died is forgotten")
	}
}
