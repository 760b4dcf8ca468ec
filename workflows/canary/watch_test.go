package canary

import (
	"testing"
	"time"

	"rekey/workflows"
)

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

func runAt(id, browser string, minute int, state string) workflows.Run {
	return workflows.Run{ID: id, Browser: browser, Started: noon.Add(time.Duration(minute) * time.Minute), State: state}
}

func right(runs ...workflows.Run) []workflows.RunProof {
	var list []workflows.RunProof
	for _, r := range runs {
		list = append(list, workflows.RunProof{Run: r, Finding: workflows.RightKey, Objects: 3})
	}
	return list
}

func TestEveryBrowserMustBeProven(t *testing.T) {
	w := newWatch(workflows.Waiting{Since: noon, Browsers: []string{"CHROME", "FIREFOX"}}, time.Time{}, 0)
	if w.proven(right(runAt("c1", "CHROME", 1, "PASSED")), anyRun) != nil {
		t.Fatal("proven without Firefox")
	}
	proof := w.proven(right(runAt("f1", "FIREFOX", 2, "PASSED")), anyRun)
	if proof == nil || len(proof.Runs) != 2 || proof.Runs[0].ID != "c1" || proof.Runs[1].ID != "f1" || proof.Objects != 6 {
		t.Fatalf("got %+v, want c1 and f1", proof)
	}
}

func TestFailedRunIsNoBaseline(t *testing.T) {
	w := newWatch(workflows.Waiting{Since: noon}, time.Time{}, 0)
	if w.proven(right(runAt("r1", "CHROME", 1, "FAILED")), workflows.Run.Passed) != nil {
		t.Fatal("a failed run suits")
	}
	if proof := w.proven(right(runAt("r2", "CHROME", 2, "PASSED")), workflows.Run.Passed); proof == nil || proof.Runs[0].ID != "r2" {
		t.Fatalf("got %+v, want r2", proof)
	}
}

func TestNoRunIsLookedAtTwice(t *testing.T) {
	w := newWatch(workflows.Waiting{Since: noon, Browsers: []string{"CHROME", "FIREFOX"}}, time.Time{}, 0)
	w.lookedAt([]workflows.Run{runAt("c1", "CHROME", 1, "PASSED")})
	if w.Since != noon {
		t.Fatalf("moved to %s before Firefox was seen: its run would be lost", w.Since)
	}
	w.lookedAt([]workflows.Run{runAt("c5", "CHROME", 5, "PASSED"), runAt("f3", "FIREFOX", 3, "PASSED")})
	if want := noon.Add(3 * time.Minute); w.Since != want {
		t.Errorf("since %s, want %s: the newest of the browser that is furthest behind", w.Since, want)
	}
	if len(w.After) != 2 || w.After[0] != "c5" || w.After[1] != "f3" {
		t.Errorf("after %v, want c5 and f3; c1 is before the beginning", w.After)
	}
}

func unsaved(id string, minute int) workflows.RunProof {
	r := runAt(id, "CHROME", minute, "FAILED")
	r.ReasonCode = "EXECUTION_FAILURE"
	return workflows.RunProof{Run: r, Finding: workflows.NoObject}
}

func TestAccessProblemNeedsTwoUnnamedFailuresInSuccession(t *testing.T) {
	w := newWatch(workflows.Waiting{Since: noon}, time.Time{}, 0)
	if bad, _ := w.against([]workflows.RunProof{unsaved("r1", 1)}); bad != nil {
		t.Fatal("one failure that names nothing condemns the key")
	}
	if bad, _ := w.against(right(runAt("r2", "CHROME", 2, "PASSED"))); bad != nil {
		t.Fatal("a verified run condemns the key")
	}
	if bad, _ := w.against([]workflows.RunProof{unsaved("r3", 3)}); bad != nil {
		t.Fatal("the failures were not in succession")
	}
	if bad, v := w.against([]workflows.RunProof{unsaved("r4", 4)}); bad == nil || bad.ID != "r4" || v != AccessProblem {
		t.Fatalf("got %v %s, want r4", bad, v)
	}
}

func TestYoungAccessIsWaitedFor(t *testing.T) {
	w := newWatch(workflows.Waiting{Since: noon}, noon, 5*time.Minute)
	if bad, _ := w.against([]workflows.RunProof{unsaved("r2", 2), unsaved("r1", 1)}); bad != nil {
		t.Fatal("access of two minutes condemns the key")
	}
	if bad, v := w.against([]workflows.RunProof{unsaved("r6", 6)}); bad == nil || v != AccessProblem {
		t.Fatalf("got %v %s, want r6: by then access was old enough", bad, v)
	}
}
