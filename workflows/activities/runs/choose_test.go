package runs

import (
	"fmt"
	"testing"
	"time"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/synthetics/types"
	"github.com/google/go-cmp/cmp"

	"rekey/workflows"
)

var since = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// passed is a run that began so long after the wait and passed in a minute.
func passed(id string, after time.Duration, browser types.BrowserType) types.CanaryRun {
	return types.CanaryRun{
		Id: awssdk.String(id), BrowserType: browser, Status: &types.CanaryRunStatus{State: types.CanaryRunStatePassed},
		Timeline: &types.CanaryRunTimeline{
			Started: awssdk.Time(since.Add(after)), Completed: awssdk.Time(since.Add(after + time.Minute)),
		},
	}
}

func running(id string, after time.Duration) types.CanaryRun {
	r := passed(id, after, "")
	r.Status.State, r.Timeline.Completed = types.CanaryRunStateRunning, nil
	return r
}

func failed(id string, after time.Duration, attempt int32) types.CanaryRun {
	r := passed(id, after, "")
	r.Status.State, r.RetryAttempt = types.CanaryRunStateFailed, awssdk.Int32(attempt)
	return r
}

func TestChoose(t *testing.T) {
	many := func() (list []types.CanaryRun) {
		for i := range 15 {
			list = append(list, passed(fmt.Sprintf("c%02d", i), time.Duration(i+1)*time.Minute, "CHROME"))
		}
		return append(list, passed("f", time.Second, "FIREFOX"))
	}
	for name, test := range map[string]struct {
		why      string
		browsers []string
		after    []string
		found    []types.CanaryRun
		want     []string
	}{
		"none":                {"", nil, nil, nil, nil},
		"one":                 {"", nil, nil, []types.CanaryRun{passed("a", time.Minute, "CHROME")}, []string{"a"}},
		"at the very instant": {"at or after", nil, nil, []types.CanaryRun{passed("a", 0, "")}, []string{"a"}},
		"before":              {"it ran under the old settings", nil, nil, []types.CanaryRun{passed("a", -time.Millisecond, "")}, nil},
		"still running":       {"", nil, nil, []types.CanaryRun{running("a", time.Minute)}, nil},
		"looked at":           {"", nil, []string{"a"}, []types.CanaryRun{passed("a", time.Minute, "")}, nil},
		"newest first":        {"", nil, nil, []types.CanaryRun{passed("a", time.Minute, ""), passed("b", 2*time.Minute, "")}, []string{"b", "a"}},
		"retried":             {"each attempt is a run of its own", nil, nil, []types.CanaryRun{failed("a", time.Minute, 0), failed("a*1", 2*time.Minute, 1)}, []string{"a*1", "a"}},
		"one of two browsers": {"both are to be proven", []string{"CHROME", "FIREFOX"}, nil, []types.CanaryRun{passed("a", time.Minute, "CHROME")}, nil},
		"both browsers":       {"", []string{"CHROME", "FIREFOX"}, nil, []types.CanaryRun{passed("a", time.Minute, "CHROME"), passed("b", time.Minute, "FIREFOX")}, []string{"a", "b"}},
		"many": {
			"the newest of each browser is among the ten", []string{"CHROME", "FIREFOX"}, nil, many(),
			[]string{"c14", "c13", "c12", "c11", "c10", "c09", "c08", "c07", "c06", "f"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			var got []string
			for _, r := range choose(workflows.Waiting{Name: "shop", Since: since, Browsers: test.browsers, After: test.after}, test.found) {
				got = append(got, r.ID)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("%s: runs (-want +got):\n%s", test.why, diff)
			}
		})
	}
}

func TestRunOfTheOnlyBrowserIsCalledByIt(t *testing.T) {
	w := workflows.Waiting{Since: since, Browsers: []string{"FIREFOX"}}
	if got := choose(w, []types.CanaryRun{passed("a", time.Minute, "")}); len(got) != 1 || got[0].Browser != "FIREFOX" {
		t.Errorf("got %v", got)
	}
}

func TestWorthALook(t *testing.T) {
	w := workflows.Waiting{Name: "shop", Since: since, After: []string{"seen"}}
	two := w
	two.Browsers = []string{"CHROME", "FIREFOX"}
	last := func(r types.CanaryRun) map[string][]types.CanaryRun { return map[string][]types.CanaryRun{"shop": {r}} }
	for name, test := range map[string]struct {
		why  string
		w    workflows.Waiting
		last map[string][]types.CanaryRun
		want bool
	}{
		"not mentioned":            {"it may have been deleted", w, map[string][]types.CanaryRun{}, true},
		"not known":                {"", w, nil, true},
		"older run":                {"this spares a call", w, last(passed("a", -time.Minute, "")), false},
		"new run":                  {"", w, last(passed("a", time.Minute, "")), true},
		"new run, still running":   {"one before it may be complete", w, last(running("a", time.Minute)), true},
		"looked at":                {"", w, last(passed("seen", time.Minute, "")), false},
		"looked at, two browsers":  {"the other's may be new", two, last(passed("seen", time.Minute, "")), true},
		"a run without a timeline": {"", w, last(types.CanaryRun{}), false},
	} {
		t.Run(name, func(t *testing.T) {
			if got := worthALook(test.w, test.last); got != test.want {
				t.Errorf("%s: got %v", test.why, got)
			}
		})
	}
}
