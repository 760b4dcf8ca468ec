package migrate

import (
	"time"

	"github.com/urfave/cli/v3"
	"google.golang.org/protobuf/types/known/durationpb"

	"rekey/awssim/fleet"
	"rekey/bench/ground"
	rekeyv1 "rekey/gen/rekey/v1"
)

// Workload is what is migrated. The same workload is the same fleet.
type Workload struct {
	Canaries    int    `json:"canaries"`
	Accounts    int    `json:"accounts"`
	Regions     int    `json:"regions_per_account"`
	Cells       int    `json:"cells"`
	Concurrency int    `json:"concurrency_per_cell"`
	Total       int    `json:"concurrency_in_all,omitempty"`
	Seed        uint64 `json:"seed"`
	// TimeScale is how many simulated seconds pass in a real one.
	TimeScale float64 `json:"time_scale"`
	Schedule  string  `json:"schedule"`
	// DryRuns says that the new settings are proven before they are set, where the runtime allows it.
	DryRuns bool `json:"dry_runs"`
	// VisualEvery makes every n-th canary a visual one; none when 0.
	VisualEvery int `json:"visual_every,omitempty"`
	// WhenDue says that canaries are edited when their next run is due, which takes an interval longer, and not at once.
	WhenDue bool `json:"edits_when_due"`
	// Store is where Temporal keeps its state: memory, or a SQLite file with a write-ahead log.
	Store string `json:"temporal_store"`
}

func workloadOf(c *cli.Command, canaries int) Workload {
	regions, perCell := c.Int("regions"), max(c.Int("per-cell"), 1)
	w := Workload{
		Canaries: canaries, Regions: regions, Accounts: max((canaries+perCell*regions-1)/(perCell*regions), 1),
		Concurrency: c.Int("concurrency"), Total: c.Int("total"), Seed: c.Uint64("seed"), TimeScale: c.Float("time-scale"),
		Schedule: c.String("schedule"), DryRuns: !c.Bool("no-dry-runs"), VisualEvery: c.Int("visual-every"),
		WhenDue: c.Bool("edits-when-due"), Store: "sqlite file, WAL",
	}
	if c.Bool("in-memory") {
		w.Store = "sqlite in memory"
	}
	w.Cells = w.Accounts * w.Regions
	return w
}

func (w Workload) fleet() *fleet.Fleet {
	f := fleet.Generate(fleet.GeneratorConfig{
		Seed: w.Seed, Accounts: w.Accounts, RegionsPerAccount: w.Regions, Canaries: w.Canaries,
		Schedule: w.Schedule, VisualEvery: w.VisualEvery, TimeScale: w.TimeScale,
	})
	f.Synthetics.KeepRuns = keepRuns
	return f
}

// keepRuns is of how many runs per canary the simulated AWS keeps the artifacts: more than a migration looks at.
const keepRuns = 5

// targetAlias is the alias of the keys to move to, of which each account has one in each Region: the key of a central account
// can't name a thousand accounts in its policy of 32 KB.
const targetAlias = "alias/new"

// spec selects the whole fleet. Grants need no settling time here: the generated world makes them effective while the
// canary is being updated, and what is measured is the work, not the wait.
func (w Workload) spec(f *fleet.Fleet) *rekeyv1.MigrationSpec {
	dryRun := rekeyv1.DryRunPolicy_DRY_RUN_POLICY_WHEN_POSSIBLE
	if !w.DryRuns {
		dryRun = rekeyv1.DryRunPolicy_DRY_RUN_POLICY_NEVER
	}
	edits := rekeyv1.EditTiming_EDIT_TIMING_AT_ONCE
	if w.WhenDue {
		edits = rekeyv1.EditTiming_EDIT_TIMING_WHEN_DUE
	}
	return &rekeyv1.MigrationSpec{
		Selection: ground.Everything(f),
		Target:    &rekeyv1.Target{Mode: rekeyv1.EncryptionMode_ENCRYPTION_MODE_SSE_KMS, KmsAlias: targetAlias},
		Rollout: &rekeyv1.Rollout{
			MaxConcurrentCanariesPerCell: ground.Number(w.Concurrency), MaxConcurrentCanaries: ground.Number(w.Total), Edits: edits,
		},
		Policies: &rekeyv1.Policies{DryRun: dryRun},
		Waits:    &rekeyv1.Waits{AccessSettle: durationpb.New(time.Minute)},
	}
}
