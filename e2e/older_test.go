package e2e

import (
	"os"
	"os/exec"
	"slices"
	"syscall"
	"testing"
)

// olderWorker and olderVersion name the program of an older rekey-worker, and the newest version whose histories were recorded
// when it was built: make upgrade sets them.
const (
	olderWorker  = "REKEY_OLDER_WORKER"
	olderVersion = "REKEY_OLDER_VERSION"
)

// TestUpgradeFromOlderWorker has the program of an older rekey-worker carry out a migration up to each point at which an upgrade
// can meet it, and the worker of today the rest. What the older one did is real: its histories are not those of this code.
func TestUpgradeFromOlderWorker(t *testing.T) {
	program, version := os.Getenv(olderWorker), os.Getenv(olderVersion)
	if program == "" {
		t.Skip(olderWorker + " names no program; make upgrade builds one")
	}
	all := releases(t)
	i := slices.IndexFunc(all, func(r release) bool { return r.version == version })
	if i < 0 {
		t.Fatalf("how %s began migrations is not recorded", version)
	}
	for _, p := range all[i].points() {
		t.Run(p.name, func(t *testing.T) {
			s := start(t, upgradeWorld(t))
			s.stopWorker()
			stop := s.startOlder(program)
			s.slowCensus()
			id := s.startAs(all[i])
			for _, at := range all[i].points() {
				at.come(s, id)
				if at.name == p.name {
					stop()
					s.isStill(at, id)
					s.startWorker(s.endpoint)
					s.answered(id)
				}
			}
			s.upgraded(s.await(id, rested))
			if failures := s.taskFailures(); len(failures) > 0 {
				t.Errorf("workflow tasks failed: %q", failures)
			}
		})
	}
}

// startOlder starts a program of rekey-worker, and answers what stops it as a deployment does.
func (s *stack) startOlder(program string) (stop func()) {
	s.t.Helper()
	worker := exec.CommandContext(s.ctx, program)
	worker.Env = append(os.Environ(), "TEMPORAL_ADDRESS="+s.temporalAddress, "REKEY_EXTERNAL_ID="+externalID,
		"AWS_ENDPOINT_URL="+s.endpoint, "AWS_REGION="+virginia,
		"AWS_ACCESS_KEY_ID="+hubKey, "AWS_SECRET_ACCESS_KEY="+hubSecret)
	worker.Stderr = &s.logs
	if err := worker.Start(); err != nil {
		s.t.Fatalf("the older worker: %v", err)
	}
	return func() {
		s.t.Helper()
		if err := worker.Process.Signal(syscall.SIGTERM); err != nil {
			s.t.Fatalf("stopping the older worker: %v", err)
		}
		if err := worker.Wait(); err != nil {
			s.t.Errorf("the older worker ended with %v", err)
		}
	}
}
