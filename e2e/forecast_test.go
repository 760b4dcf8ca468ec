package e2e

import (
	"strings"
	"testing"
	"time"

	"go.temporal.io/sdk/converter"

	rekeyv1 "rekey/gen/rekey/v1"
	"rekey/workflows"
	"rekey/workflows/planning"
)

// called are AWS calls by IAM action, as a forecast counts them: the simulated AWS counts operations.
func (s *stack) called() map[string]int {
	renamed := map[string]string{"s3:ListObjectsV2": "s3:ListBucket", "s3:HeadObject": "s3:GetObject"}
	counts := map[string]int{}
	for operation, n := range s.sim.World.Calls.Counts() {
		if action, ok := renamed[operation]; ok {
			operation = action
		}
		counts[operation] += int(n)
	}
	return counts
}

// reported are the forecasts that the cells of a migration told it, summed up, from its history.
func (s *stack) reported(m *rekeyv1.Migration) workflows.Forecast {
	s.t.Helper()
	cells := map[workflows.Cell]workflows.Forecast{}
	for _, event := range s.history(workflows.MigrationID(m.GetId()), "").GetEvents() {
		signal := event.GetWorkflowExecutionSignaledEventAttributes()
		if signal.GetSignalName() != workflows.ReportSignal {
			continue
		}
		var report workflows.CellReport
		if err := converter.GetDefaultDataConverter().FromPayloads(signal.GetInput(), &report); err != nil {
			s.t.Fatal(err)
		}
		cells[report.Cell] = report.Forecast
	}
	var list []workflows.Forecast
	for _, f := range cells {
		list = append(list, f)
	}
	return planning.Sum(list)
}

// share bounds the calls that were made, as shares of those that were foretold.
type share struct{ least, most float64 }

// shares are the margins within which a forecast has to come true. What changes something is foretold exactly. How often is
// looked until something is so depends on a world that is faster than AWS: such looks have to be of the same order.
var shares = map[string]share{
	"synthetics:UpdateCanary":      {1, 1},
	"synthetics:StartCanaryDryRun": {1, 1},
	"synthetics:StartCanary":       {1, 1},
	"synthetics:StopCanary":        {1, 1},
	"kms:CreateGrant":              {1, 1},
	"kms:RevokeGrant":              {1, 1},
	"iam:PutRolePolicy":            {1, 1},
	"iam:DeleteRolePolicy":         {1, 1},
	"kms:PutKeyPolicy":             {1, 2}, // edits that come together are one write

	"kms:DescribeKey":          {1, 1},
	"kms:ListGrants":           {0.9, 1.5},
	"kms:GetKeyPolicy":         {0.9, 2},
	"iam:GetRolePolicy":        {0.6, 1.5},
	"iam:ListRolePolicies":     {1, 1},
	"s3:ListBucket":            {0.9, 1.5},
	"s3:GetObject":             {0.2, 1.5}, // the runs of this world write fewer objects
	"synthetics:GetCanary":     {0.5, 1.5},
	"synthetics:GetCanaryRuns": {0.3, 1.5},
	// A look in five seconds of AWS's time would be one in a twelfth of a second here: the server waits a second at least.
	"synthetics:DescribeCanariesLastRun": {0.2, 2},
	"synthetics:DescribeCanaries":        {0.2, 1.5},
	"account:ListRegions":                {0.2, 1.5},
}

// every is the schedule of the canaries.
const every = 20 * time.Minute

// TestForecastComesTrue migrates canaries of many kinds, and compares what that called and ran with what was foretold.
func TestForecastComesTrue(t *testing.T) {
	roles := ""
	for _, name := range []string{"plain", "shared", "visual", "inline", "stopped"} {
		roles += canaryRole("shop", name, "")
	}
	for name, c := range map[string]struct {
		canaries string
		spec     func(*rekeyv1.MigrationSpec)
	}{
		"dry runs and grants": {canaries: `
  - {account: shop, region: eu-west-1, name: from-default, role: plain, schedule: rate(20 minutes)}
  - {account: shop, region: eu-west-1, name: shared-1, role: shared, schedule: rate(20 minutes), runtime: syn-nodejs-puppeteer-9.1, encryption: {mode: SSE_KMS, key: k}}
  - {account: shop, region: eu-west-1, name: shared-2, role: shared, schedule: rate(20 minutes), runtime: syn-nodejs-puppeteer-11.0, encryption: {mode: SSE_KMS, key: k}}
  - {account: shop, region: eu-west-1, name: visual, role: visual, schedule: rate(20 minutes), runtime: syn-nodejs-puppeteer-11.0, browsers: [CHROME, FIREFOX], encryption: {mode: SSE_KMS, key: k}, screenshots: [{name: home}]}
  - {account: shop, region: eu-west-1, name: by-policy, role: inline, schedule: rate(20 minutes), encryption: {mode: SSE_KMS, key: k}, access: role_policy}
  - {account: shop, region: eu-west-1, name: stopped, role: stopped, state: STOPPED, encryption: {mode: SSE_S3}}
`, spec: func(*rekeyv1.MigrationSpec) {}},
		"direct updates, role policies and started runs": {canaries: `
  - {account: shop, region: eu-west-1, name: from-kms, role: plain, schedule: rate(20 minutes), encryption: {mode: SSE_KMS, key: k}}
  - {account: shop, region: eu-west-1, name: visual, role: visual, schedule: rate(20 minutes), encryption: {mode: SSE_KMS, key: k}, screenshots: [{name: home}]}
  - {account: shop, region: eu-west-1, name: stopped, role: stopped, state: STOPPED, encryption: {mode: SSE_S3}}
`, spec: func(spec *rekeyv1.MigrationSpec) {
			spec.Policies = &rekeyv1.Policies{
				Access: rekeyv1.AccessPolicy_ACCESS_POLICY_ROLE_POLICY, DryRun: rekeyv1.DryRunPolicy_DRY_RUN_POLICY_NEVER,
				AtRest: rekeyv1.AtRestPolicy_AT_REST_POLICY_RUN_ONCE,
			}
		}},
		"key policies and no baseline": {canaries: `
  - {account: shop, region: eu-west-1, name: from-kms, role: plain, schedule: rate(20 minutes), encryption: {mode: SSE_KMS, key: k}}
  - {account: shop, region: eu-west-1, name: visual, role: visual, schedule: rate(20 minutes), encryption: {mode: SSE_KMS, key: k}, screenshots: [{name: home}]}
`, spec: func(spec *rekeyv1.MigrationSpec) {
			spec.Policies = &rekeyv1.Policies{
				Access:   rekeyv1.AccessPolicy_ACCESS_POLICY_KEY_POLICY,
				Baseline: rekeyv1.BaselinePolicy_BASELINE_POLICY_KEEP,
			}
		}},
	} {
		t.Run(name, func(t *testing.T) {
			s := start(t, parse(t, roles, c.canaries))
			spec := s.spec([]string{shop}, []string{ireland}, "shop/eu-west-1/l")
			c.spec(spec)
			s.foretold(spec, strings.Count(c.canaries, "rate(")+strings.Count(c.canaries, "FIREFOX"))
		})
	}
}

// foretold runs a migration and holds its forecast against what happens. Running are its canaries' browsers that run by
// themselves.
func (s *stack) foretold(spec *rekeyv1.MigrationSpec, running int) {
	s.t.Helper()
	m := s.create(spec)
	forecast := s.reported(m)
	before, runsBefore, began := s.called(), s.runsMade(), s.sim.World.Clock.Now()
	s.approve(m)
	m = s.await(m.GetId(), rested)
	if m.GetState() != rekeyv1.MigrationState_MIGRATION_STATE_SUCCEEDED {
		s.t.Fatalf("ended as %s: %s", m.GetState(), m.GetStateReason())
	}
	after := s.called()
	for action := range after {
		if _, known := shares[action]; !known && after[action] > before[action] && action != "sts:AssumeRole" {
			s.t.Errorf("%s was called %d times, and is none of what is foretold", action, after[action]-before[action])
		}
	}
	for action, margin := range shares {
		made, told := after[action]-before[action], forecast.Calls[action]
		s.t.Logf("%-36s %4d foretold, %4d made", action, told, made)
		if float64(made) < margin.least*float64(told) || float64(made) > margin.most*float64(told) {
			s.t.Errorf("%s: %d calls, where %d were foretold", action, made, told)
		}
	}
	bySchedule := int(s.sim.World.Clock.Now().Sub(began)/every) + 1 // of each canary, at most
	late := running                                                 // edits that a busy machine made after the run whose place they were to take
	if made := s.runsMade() - runsBefore; made < forecast.ExtraRuns || made > forecast.ExtraRuns+bySchedule*running+late {
		s.t.Errorf("%d runs, where %d extra runs were foretold and %d canaries run every %s", made, forecast.ExtraRuns, running, every)
	}
	if took, told := s.sim.World.Clock.Now().Sub(began), planning.Wave([]planning.Shared{{Canaries: 1, Forecast: forecast}}, planning.Bounds{}, 0, 0, 1); took < told.Least || took > told.Most {
		s.t.Errorf("it took %s, where %s to %s were foretold", took, told.Least, told.Most)
	}
}

// runsMade is how many runs the world has seen, in any browser.
func (s *stack) runsMade() int {
	n := 0
	for _, e := range s.sim.World.Journal.Since(0) {
		if e.Kind == "run" {
			n++
		}
	}
	return n
}
