package e2e

import (
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/durationpb"

	rekeyv1 "rekey/gen/rekey/v1"
)

// systems are those of AWS's page, with what they are called.
var systems = []string{
	"S1 default: AWS managed key", "S2 SSE-S3", "S3 SSE-KMS, customer managed key", "S4 key of another account",
	"S5 access by the role's policy", "S6 access by the key's policy", "S7 viewers", "S8 viewers of another account's key",
	"S9 baseline kept", "S10 baseline from a run under the new settings", "S11 artifact location",
}

// tally counts cases by system.
type tally struct {
	mu          sync.Mutex
	ran, passed map[string]int
	cases       int
}

func (c *tally) add(rows []string, passed bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.cases++
	for _, row := range rows {
		c.ran[row]++
		if passed {
			c.passed[row]++
		}
	}
}

// report is the table, and whether a system has a hole: no case, or one that did not pass.
func (c *tally) report() (text string, hole bool) {
	var b strings.Builder
	fmt.Fprintf(&b, "%-52s %6s %6s\n", "system", "ran", "passed")
	for _, system := range systems {
		row, _, _ := strings.Cut(system, " ")
		fmt.Fprintf(&b, "%-52s %6d %6d\n", system, c.ran[row], c.passed[row])
		hole = hole || c.ran[row] == 0 || c.ran[row] != c.passed[row]
	}
	fmt.Fprintf(&b, "%-52s %6d\n", "cases", c.cases)
	return b.String(), hole
}

// TestMatrix migrates from every encryption to every other by every method, with and without baselines, on every class
// of runtime, with roles of their own and shared, within and across accounts; each case through the API, on a real
// Temporal server. REKEY_MATRIX=full runs all cases, REKEY_REPORT names the file for the table.
func TestMatrix(t *testing.T) {
	small := os.Getenv("REKEY_MATRIX") != "full"
	counts := &tally{ran: map[string]int{}, passed: map[string]int{}}
	t.Cleanup(func() {
		text, hole := counts.report()
		t.Logf("\n%s", text)
		if file := os.Getenv("REKEY_REPORT"); file != "" {
			if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
				t.Error(err)
			}
		}
		if hole && !t.Skipped() {
			t.Errorf("the matrix has a hole:\n%s", text)
		}
	})
	t.Run("batches", func(t *testing.T) {
		for i, b := range batches(small) {
			t.Run(b.String(), func(t *testing.T) { b.run(t, scenarios(small, i), counts) })
		}
	})
}

// run migrates the cases of a batch, and judges each.
func (b batch) run(t *testing.T, cases []scenario, counts *tally) {
	t.Helper()
	s := start(t, fleetOf(t, b, cases))
	before := s.all()
	m := s.migrate(b.spec(s))
	s.sim.WaitUntil(s.sim.World.Clock.Now().Add(25 * time.Minute)) // every canary runs twice more without its old access
	canaries, verdict := s.canaries(m), s.sim.Verdict()
	strangers := s.changedOutside(before, canaries)
	if strangers != "" {
		t.Errorf("what is not the migration's was touched: %s", strangers)
	}
	stranded := s.stranded()
	for _, f := range stranded {
		t.Errorf("stranded: %+v", f)
	}
	for _, c := range cases {
		wrong := b.judge(s, c, canaries[c.name], &verdict)
		for _, w := range wrong {
			t.Errorf("%s: %s", c.name, w)
		}
		counts.add(b.rows(c, canaries[c.name].GetGrants()), len(wrong)+len(stranded) == 0 && strangers == "")
	}
}

func (b batch) spec(s *stack) *rekeyv1.MigrationSpec {
	spec := s.spec([]string{shop}, []string{ireland})
	spec.Selection.NamePatterns = []string{"m-*"}
	spec.Policies = &rekeyv1.Policies{Access: b.method, Baseline: b.baseline, RemoveForeignPolicies: b.removes}
	spec.Rollout = &rekeyv1.Rollout{MaxConcurrentCanariesPerCell: 150}
	spec.Waits.RevokeWatch = durationpb.New(11 * time.Minute)
	spec.Waits.RunDeadline = durationpb.New(3 * time.Hour)
	switch b.to {
	case managed:
		spec.Target.Mode = rekeyv1.EncryptionMode_ENCRYPTION_MODE_AWS_MANAGED
	case sses3:
		spec.Target.Mode = rekeyv1.EncryptionMode_ENCRYPTION_MODE_SSE_S3
	case sameKey:
		spec.Target.Mode = rekeyv1.EncryptionMode_ENCRYPTION_MODE_UNSPECIFIED
	default:
		spec.Target.KmsKeyArns = []string{s.key(newKeys[b.to])}
	}
	if b.moves {
		spec.Target.ArtifactLocation = "s3://" + newBucket + "/{name}"
	}
	if b.viewers && len(spec.GetTarget().GetKmsKeyArns()) > 0 {
		spec.Policies.CarryOver = []string{s.names.Role("shop/analyst", "")}
	}
	return spec
}
