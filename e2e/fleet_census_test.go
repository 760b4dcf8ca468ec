package e2e

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rekey/awssim/fault"
	"rekey/awssim/fleet"
	rekeyv1 "rekey/gen/rekey/v1"
)

// censusWorld is a fleet of three cells with a canary for each next step, an empty one, and the central account, which
// nobody may enter.
func censusWorld(t *testing.T) *fleet.Fleet {
	t.Helper()
	return parse(t, canaryRole("shop", "one", "")+canaryRole("shop", "two", "")+canaryRole("pay", "one", ""), `
  - {account: shop, region: eu-west-1, name: by-grant, role: one, encryption: {mode: SSE_KMS, key: k}, screenshots: [{name: home}]}
  - {account: shop, region: eu-west-1, name: by-policy, role: two, access: role_policy, encryption: {mode: SSE_KMS, key: l}, tags: {"aws:cloudformation:stack-name": shop}}
  - {account: shop, region: eu-west-1, name: default, role: one}
  - {account: shop, region: eu-west-1, name: older, role: one, runtime: syn-nodejs-puppeteer-9.1, encryption: {mode: SSE_S3}}
  - {account: shop, region: us-east-1, name: broken, role: one, state: ERROR}
  - {account: shop, region: us-east-1, name: stopped, role: one, state: STOPPED}
  - {account: pay, region: eu-west-1, name: keyed, role: one, encryption: {mode: SSE_KMS, key: k}}
`)
}

func allOfIt() *rekeyv1.Selection {
	return &rekeyv1.Selection{AccountIds: []string{central, pay, shop}, Regions: []string{ireland, virginia}}
}

// listFleet lists page after page.
func (s *stack) listFleet(r *rekeyv1.ListFleetCanariesRequest) (canaries []*rekeyv1.FleetCanary, problems []*rekeyv1.Problem) {
	s.t.Helper()
	for {
		page, err := s.fleet.ListFleetCanaries(s.ctx, r)
		if err != nil {
			s.t.Fatalf("list the fleet: %v", err)
		}
		canaries, problems = append(canaries, page.GetCanaries()...), append(problems, page.GetCellProblems()...)
		if r.PageToken = page.GetNextPageToken(); r.GetPageToken() == "" {
			return canaries, problems
		}
	}
}

// TestFleetIsReadWithoutAMigration lists and sums up a fleet: what it tells is what the world has, what can't be entered is
// told, and nothing of it is a migration.
func TestFleetIsReadWithoutAMigration(t *testing.T) {
	s := start(t, censusWorld(t))
	before := s.all()
	canaries, problems := s.listFleet(&rekeyv1.ListFleetCanariesRequest{Selection: allOfIt(), PageSize: 2, IncludeAccess: true})

	type line struct {
		Account, Region, Name string
		Next                  rekeyv1.NextStep
	}
	var lines []line
	named := map[string]*rekeyv1.FleetCanary{}
	for _, c := range canaries {
		lines = append(lines, line{c.GetAccountId(), c.GetRegion(), c.GetName(), c.GetNextStep()})
		named[c.GetName()] = c
	}
	want := []line{
		{shop, ireland, "by-grant", rekeyv1.NextStep_NEXT_STEP_NONE},
		{shop, ireland, "by-policy", rekeyv1.NextStep_NEXT_STEP_NONE},
		{shop, ireland, "default", rekeyv1.NextStep_NEXT_STEP_MIGRATE},
		{shop, ireland, "older", rekeyv1.NextStep_NEXT_STEP_MIGRATE_WITHOUT_DRY_RUN},
		{shop, virginia, "broken", rekeyv1.NextStep_NEXT_STEP_MEND},
		{shop, virginia, "stopped", rekeyv1.NextStep_NEXT_STEP_DECIDE_AT_REST},
		{pay, ireland, "keyed", rekeyv1.NextStep_NEXT_STEP_NONE},
	}
	if diff := cmp.Diff(want, lines); diff != "" {
		t.Errorf("listed (-want +got):\n%s", diff)
	}
	var shut []string
	for _, p := range problems {
		if p.GetReason() != rekeyv1.ErrorReason_ERROR_REASON_CELL_NOT_REACHABLE || p.GetNextStep() == "" {
			t.Errorf("problem %v", p)
		}
		shut = append(shut, p.GetMetadata()["account_id"]+" "+p.GetMetadata()["region"])
	}
	if diff := cmp.Diff([]string{central + " " + ireland, central + " " + virginia}, shut); diff != "" {
		t.Errorf("cells that can't be entered (-want +got):\n%s", diff)
	}
	s.wantShown(named)
	if diff := cmp.Diff(before, s.all()); diff != "" {
		t.Errorf("reading changed permissions (-before +after):\n%s", diff)
	}

	s.wantSummary()
	listed, err := s.api.ListMigrations(s.ctx, &rekeyv1.ListMigrationsRequest{})
	if err != nil || len(listed.GetMigrations()) != 0 {
		t.Errorf("%v, %v; want no migrations", listed, err)
	}
	s.record("fleet")
}

// wantShown holds what is shown of canaries against what the world has.
func (s *stack) wantShown(named map[string]*rekeyv1.FleetCanary) {
	s.t.Helper()
	granted, role := named["by-grant"], named["by-policy"]
	if a := granted.GetAccess(); len(a) != 1 || a[0].GetMethod() != rekeyv1.AccessMethod_ACCESS_METHOD_GRANT ||
		a[0].GetPrincipalArn() != granted.GetRoleArn() || a[0].GetKmsKeyArn() != s.key("shop/eu-west-1/k") || a[0].GetGrantId() == "" {
		s.t.Errorf("access by grant is shown as %v", a)
	}
	if !granted.GetVisual() || granted.GetBaselineTime() == nil || granted.GetEncryption().GetKmsKeyArn() != s.key("shop/eu-west-1/k") {
		s.t.Errorf("a visual canary is shown as %v", granted)
	}
	if a := role.GetAccess(); len(a) == 0 || a[0].GetMethod() != rekeyv1.AccessMethod_ACCESS_METHOD_ROLE_POLICY {
		s.t.Errorf("access by role policy is shown as %v", a)
	}
	if role.GetManagedBy() != "CloudFormation stack shop" || role.GetBaselineTime() != nil {
		s.t.Errorf("a canary of a stack is shown as %v", role)
	}
	for name, c := range named {
		if c.GetEncryption().GetKmsKeyArn() == "" && len(c.GetAccess()) > 0 {
			s.t.Errorf("%s has no key, and access %v", name, c.GetAccess())
		}
	}
}

// wantSummary holds a summary against the world.
func (s *stack) wantSummary() {
	s.t.Helper()
	got, err := s.fleet.SummarizeFleet(s.ctx, &rekeyv1.SummarizeFleetRequest{Selection: allOfIt()})
	if err != nil {
		s.t.Fatal(err)
	}
	account := map[string]string{"shop": shop, "pay": pay}
	accounts, regions, modes, keys := map[string]int32{}, map[string]int32{}, map[string]int32{}, map[string]int32{}
	for _, c := range s.sim.Fleet.Canaries {
		accounts[account[c.Account]]++
		regions[c.Region]++
		if c.Encryption == nil || c.Encryption.Mode == "" {
			modes["AWS_MANAGED"]++
			continue
		}
		modes[c.Encryption.Mode]++
		if c.Encryption.Key != "" {
			keys[s.key(c.Account+"/"+c.Region+"/"+c.Encryption.Key)]++
		}
	}
	counts := func(list []*rekeyv1.FleetCount) map[string]int32 {
		found := map[string]int32{}
		for _, c := range list {
			found[c.GetValue()] = c.GetCount()
		}
		return found
	}
	want := []map[string]int32{accounts, regions, modes, keys}
	have := []map[string]int32{counts(got.GetByAccount()), counts(got.GetByRegion()), counts(got.GetByEncryption()), counts(got.GetByKey())}
	if diff := cmp.Diff(want, have); diff != "" {
		s.t.Errorf("summary by account, Region, encryption, key (-want +got):\n%s", diff)
	}
	next := map[string]int32{"NONE": 3, "MIGRATE": 1, "MIGRATE_WITHOUT_DRY_RUN": 1, "MEND": 1, "DECIDE_AT_REST": 1}
	if diff := cmp.Diff(next, counts(got.GetByNextStep())); diff != "" {
		s.t.Errorf("summary by next step (-want +got):\n%s", diff)
	}
	if !got.GetComplete() || int(got.GetCanaries()) != len(s.sim.Fleet.Canaries) || got.GetCells() != 6 || got.GetCellsRead() != 4 || len(got.GetCellProblems()) != 2 {
		s.t.Errorf("summary %v", got)
	}
}

// TestCallersShareACensus lets two callers ask for the same page while AWS is slow: the cell is read once.
func TestCallersShareACensus(t *testing.T) {
	s := start(t, censusWorld(t))
	s.sim.World.Faults.Set([]fault.Rule{{Service: "synthetics", Operation: "DescribeCanaries", LatencyMillis: 3000, Times: 1}})
	r := &rekeyv1.ListFleetCanariesRequest{Selection: &rekeyv1.Selection{AccountIds: []string{shop}, Regions: []string{ireland}}}
	var group sync.WaitGroup
	var found [2]int
	for i := range found {
		group.Go(func() {
			page, err := s.fleet.ListFleetCanaries(s.ctx, r)
			if err != nil {
				t.Error(err)
			}
			found[i] = len(page.GetCanaries())
		})
	}
	group.Wait()
	if found != [2]int{4, 4} {
		t.Errorf("the two were told %v canaries, want 4 each", found)
	}
	if n := s.sim.World.Calls.Counts()["synthetics:DescribeCanaries"]; n != 1 {
		t.Errorf("the cell was read %d times", n)
	}
}

// TestWhoHasLittlePatienceGoesOnLater asks with less patience than AWS takes: a page and a summary tell how far they came,
// and what was begun is what the next calls get.
func TestWhoHasLittlePatienceGoesOnLater(t *testing.T) {
	s := start(t, censusWorld(t))
	slow := []fault.Rule{{Service: "synthetics", Operation: "DescribeCanaries", Account: shop, Region: ireland, LatencyMillis: 16000, Times: 1}}
	selection := &rekeyv1.Selection{AccountIds: []string{shop}, Regions: []string{ireland, virginia}}
	impatient := func(call func(context.Context) error) {
		ctx, cancel := context.WithTimeout(s.ctx, 12*time.Second)
		defer cancel()
		if err := call(ctx); err != nil {
			t.Fatal(err)
		}
	}

	s.sim.World.Faults.Set(slow)
	r := &rekeyv1.ListFleetCanariesRequest{Selection: selection}
	impatient(func(ctx context.Context) error {
		page, err := s.fleet.ListFleetCanaries(ctx, r)
		if r.PageToken = page.GetNextPageToken(); len(page.GetCanaries()) > 0 {
			t.Errorf("told %v before the first cell was read", page)
		}
		return err
	})
	if r.GetPageToken() == "" {
		t.Fatal("a page that was not finished is the last")
	}
	if canaries, _ := s.listFleet(r); len(canaries) != 6 {
		t.Errorf("%d canaries in the end, want 6", len(canaries))
	}

	s.sim.World.Faults.Set(slow)
	summary := &rekeyv1.SummarizeFleetRequest{Selection: selection}
	impatient(func(ctx context.Context) error {
		begun, err := s.fleet.SummarizeFleet(ctx, summary)
		if summary.SummaryId = begun.GetSummaryId(); begun.GetComplete() {
			t.Errorf("complete before the first cell was read: %v", begun)
		}
		return err
	})
	got, err := s.fleet.SummarizeFleet(s.ctx, summary)
	if err != nil || !got.GetComplete() || got.GetCanaries() != 6 || got.GetSummaryId() != summary.GetSummaryId() {
		t.Errorf("%v, %v", got, err)
	}
}
