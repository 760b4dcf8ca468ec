package demo

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	rekeyv1 "rekey/gen/rekey/v1"
	"rekey/internal/stack"
	"rekey/internal/stack/stacktest"
)

// Killing the worker in mid-migration and starting it again ends in the same outcomes, and harms no run.
func TestDemoSurvivesTheDeathOfItsWorker(t *testing.T) {
	bin := stacktest.Programs(t)
	dir := t.TempDir()
	var out strings.Builder
	killed := false
	err := Run(t.Context(), Config{
		Stack:     stack.Config{Bin: bin, Logs: dir, TimeScale: TimeScale, Headless: true},
		FleetFile: filepath.Join(dir, "fleet.yaml"), Out: &out,
		Disturb: func(ctx context.Context, s *stack.Stack, canaries []*rekeyv1.Canary) error {
			if killed || !inFullSwing(canaries) {
				return nil
			}
			killed = true
			if err := s.Kill(stack.Worker); err != nil {
				return err
			}
			return s.Restart(ctx, stack.Worker)
		},
	})
	t.Log(out.String())
	if err != nil {
		t.Fatalf("%v\n%s", err, logs(t, dir))
	}
	if !killed {
		t.Errorf("the worker was never killed: no canary was seen beyond its grant")
	}
	for _, want := range []string{
		"is awaiting approval: 1 of 2 approvals were given.", "reason: BUDGET_USED_UP allowed=4", "wave 2 (the rest, ",
		"Runs lost: 0. Runs failed because of the migration: 1.\n", "leg-refused: the run of",
		"13 files with the digests", "canaries is the expected one.",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("it does not say %q", want)
		}
	}
}

// inFullSwing reports whether a canary is between its update and its rest.
func inFullSwing(canaries []*rekeyv1.Canary) bool {
	for _, c := range canaries {
		if c.GetState() == rekeyv1.CanaryState_CANARY_STATE_MIGRATING && c.GetStep() > rekeyv1.CanaryStep_CANARY_STEP_GRANT {
			return true
		}
	}
	return false
}

func logs(t *testing.T, dir string) string {
	t.Helper()
	var all strings.Builder
	for _, name := range []string{stack.Server, stack.Worker} {
		text, err := os.ReadFile(filepath.Join(dir, name+".log"))
		if err != nil {
			t.Log(err)
		}
		all.WriteString("\n--- " + name + "\n" + string(text[max(len(text)-4000, 0):]))
	}
	return all.String()
}
