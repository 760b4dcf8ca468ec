package service_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"
	"pgregory.net/rapid"

	rekeyv1 "rekey/gen/rekey/v1"
	"rekey/service"
	"rekey/service/servicetest"
	"rekey/workflows"
)

// canaryOf is a canary of a cell.
func canaryOf(cell workflows.Cell, name string, state workflows.CanaryState) workflows.Canary {
	return workflows.Canary{Cell: cell, Recorded: workflows.Settings{Name: name, ID: "id-of-" + name}, State: state}
}

// fleet creates a migration with canaries in three of its four cells, and returns its id and their names in order.
func fleet(t *testing.T, h *servicetest.Harness) (id string, names []string) {
	t.Helper()
	id = create(t, h)
	cells := h.Fake.View(id).Spec.Cells()
	for i, cell := range []workflows.Cell{cells[0], cells[1], cells[3]} { // cells[2] was not started
		var canaries []workflows.Canary
		for n := range 3 {
			state := workflows.Pending
			if n == 1 {
				state = workflows.Skipped
			}
			name := fmt.Sprintf("canary-%d-%d", i, n)
			names = append(names, name)
			canaries = append(canaries, canaryOf(cell, name, state))
		}
		h.Fake.SetCanaries(id, cell, canaries...)
	}
	return id, names
}

// list takes page after page.
func list(t *testing.T, h *servicetest.Harness, r *rekeyv1.ListCanariesRequest) (names []string) {
	t.Helper()
	for {
		reply, err := h.Client.ListCanaries(t.Context(), r)
		if err != nil {
			t.Fatal(err)
		}
		if size := int(r.GetPageSize()); size > 0 && len(reply.GetCanaries()) > size {
			t.Errorf("a page of %d, want at most %d", len(reply.GetCanaries()), size)
		}
		for _, c := range reply.GetCanaries() {
			names = append(names, c.GetName())
		}
		if r.PageToken = reply.GetNextPageToken(); r.GetPageToken() == "" {
			return names
		}
	}
}

func TestListCanaries(t *testing.T) {
	h := servicetest.New(t, service.Config{})
	id, all := fleet(t, h)
	for _, size := range []int32{0, 1, 2, 3, 4, 500} {
		if diff := cmp.Diff(all, list(t, h, &rekeyv1.ListCanariesRequest{MigrationId: id, PageSize: size})); diff != "" {
			t.Errorf("pages of %d (-want +got):\n%s", size, diff)
		}
	}
	for reason, test := range map[string]struct {
		request *rekeyv1.ListCanariesRequest
		want    []string
	}{
		"of a state":              {&rekeyv1.ListCanariesRequest{States: []rekeyv1.CanaryState{rekeyv1.CanaryState_CANARY_STATE_SKIPPED}}, []string{all[1], all[4], all[7]}},
		"of an account":           {&rekeyv1.ListCanariesRequest{AccountId: "111111111111"}, all[:6]},
		"of a Region":             {&rekeyv1.ListCanariesRequest{Region: "eu-west-1"}, append(append([]string{}, all[3:6]...), all[6:]...)},
		"of a cell":               {&rekeyv1.ListCanariesRequest{AccountId: "111111111111", Region: "eu-west-1"}, all[3:6]},
		"of a cell not started":   {&rekeyv1.ListCanariesRequest{AccountId: "222222222222", Region: "eu-central-1"}, nil},
		"of an account not in it": {&rekeyv1.ListCanariesRequest{AccountId: "333333333333"}, nil},
	} {
		for _, size := range []int32{0, 1} {
			test.request.MigrationId, test.request.PageSize, test.request.PageToken = id, size, ""
			if diff := cmp.Diff(test.want, list(t, h, test.request)); diff != "" {
				t.Errorf("%s, pages of %d (-want +got):\n%s", reason, size, diff)
			}
		}
	}
}

// wide creates a migration of 400 cells with a canary each: PENDING, but for that of the last, which is FAILED and held.
func wide(t *testing.T, h *servicetest.Harness) (id string, cells []workflows.Cell) {
	t.Helper()
	spec := servicetest.Spec()
	spec.Selection.AccountIds = many(200, "%012d")
	created, err := h.Client.CreateMigration(t.Context(), &rekeyv1.CreateMigrationRequest{Spec: spec})
	if err != nil {
		t.Fatal(err)
	}
	id = created.GetMigration().GetId()
	cells = h.Fake.View(id).Spec.Cells()
	for i, cell := range cells {
		canary := canaryOf(cell, fmt.Sprintf("canary-%03d", i), workflows.Pending)
		if i == len(cells)-1 {
			canary.State, canary.OldAccess = workflows.CanaryFailed, &workflows.OldAccess{State: workflows.OldAccessHeld}
		}
		h.Fake.SetCanaries(id, cell, canary)
	}
	return id, cells
}

func TestListCanariesAsksABoundedNumberOfCells(t *testing.T) {
	h := servicetest.New(t, service.Config{})
	id, cells := wide(t, h)
	before := h.Fake.Queries(id)
	reply, err := h.Client.ListCanaries(t.Context(), &rekeyv1.ListCanariesRequest{MigrationId: id, PageSize: 500})
	if err != nil || len(reply.GetCanaries()) == 0 || reply.GetNextPageToken() == "" {
		t.Fatalf("%v, %v; want a page before the last", reply, err)
	}
	if asked := h.Fake.Queries(id) - before; asked > 50 {
		t.Errorf("%d questions for one page", asked)
	}
	if got := list(t, h, &rekeyv1.ListCanariesRequest{MigrationId: id}); len(got) != len(cells) {
		t.Errorf("listed %d, want %d", len(got), len(cells))
	}
}

func TestListCanariesSkipsCellsWithoutAMatch(t *testing.T) {
	h := servicetest.New(t, service.Config{})
	id, _ := wide(t, h)
	for reason, r := range map[string]*rekeyv1.ListCanariesRequest{
		"by state": {States: []rekeyv1.CanaryState{rekeyv1.CanaryState_CANARY_STATE_FAILED}}, // of which cells at work tell at once
	} {
		before := h.Fake.Queries(id)
		r.MigrationId = id
		if got := list(t, h, r); len(got) != 1 || got[0] != "canary-399" {
			t.Errorf("%s: listed %v", reason, got)
		}
		if asked := h.Fake.Queries(id) - before; asked != 2 {
			t.Errorf("%s: %d questions, want one of the migration and one of the cell that has a match", reason, asked)
		}
	}
}

func TestListCanariesOfCellsThatAreGone(t *testing.T) {
	h := servicetest.New(t, service.Config{})
	id, all := fleet(t, h)
	cell := h.Fake.View(id).Spec.Cells()[1]
	for reason, test := range map[string]struct {
		answers bool
		want    []string
	}{
		"its history answers":        {true, all},
		"nobody answers for it ever": {false, slices.Concat(all[:3], all[6:])},
	} {
		h.Fake.LoseCell(id, cell, test.answers)
		for _, size := range []int32{0, 1, 3} {
			got := list(t, h, &rekeyv1.ListCanariesRequest{MigrationId: id, PageSize: size})
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("%s, pages of %d (-want +got):\n%s", reason, size, diff)
			}
		}
	}
}

// TestListCanariesFilters holds each filter, and all of them together, to what CanariesFilter.Admits.
func TestListCanariesFilters(t *testing.T) {
	h := servicetest.New(t, service.Config{})
	id := create(t, h)
	cell := h.Fake.View(id).Spec.Cells()[0]
	canaries := map[string]workflows.Canary{
		"waits":    {State: workflows.Pending, Wave: new(1)},
		"runs":     {State: workflows.Migrating, Step: workflows.RunStep, Wave: new(0)},
		"proven":   {State: workflows.Migrated, Step: workflows.RevokeStep, Wave: new(0), Proof: &workflows.Proof{}},
		"held":     {State: workflows.Migrated, Step: workflows.RevokeStep, Wave: new(0), OldAccess: &workflows.OldAccess{State: workflows.OldAccessHeld}},
		"denied":   {State: workflows.Returned, Step: workflows.RunStep, Wave: new(1), Problem: &workflows.Problem{Reason: workflows.AccessProblem}},
		"left out": {State: workflows.Skipped},
		"missing": {
			State: workflows.Migrated, Step: workflows.RevokeStep, Wave: new(2),
			OldAccess: &workflows.OldAccess{State: workflows.OldAccessRevoked, Held: &workflows.Problem{Reason: workflows.AccessNotRestored}},
		},
		"waits for its source": {
			State: workflows.Migrated, Step: workflows.RevokeStep, Wave: new(2), Hold: &workflows.Problem{Reason: workflows.ManagedByIaC},
			OldAccess: &workflows.OldAccess{State: workflows.OldAccessHeld},
		},
		"was started": {
			State: workflows.Migrated, Step: workflows.RevokeStep, Wave: new(2), Notices: []workflows.Problem{{Reason: workflows.CanaryLeftRunning}},
		},
	}
	var set []workflows.Canary
	for name, c := range canaries {
		c.Cell, c.Recorded.Name = cell, name
		set = append(set, c)
	}
	h.Fake.SetCanaries(id, cell, set...)
	run := []rekeyv1.CanaryStep{rekeyv1.CanaryStep_CANARY_STEP_RUN}
	problem := []rekeyv1.ErrorReason{rekeyv1.ErrorReason_ERROR_REASON_ACCESS_PROBLEM}
	notice := []rekeyv1.ErrorReason{rekeyv1.ErrorReason_ERROR_REASON_CANARY_LEFT_RUNNING}
	access := []rekeyv1.ErrorReason{
		rekeyv1.ErrorReason_ERROR_REASON_MANAGED_BY_IAC, rekeyv1.ErrorReason_ERROR_REASON_ACCESS_NOT_RESTORED,
	}
	for reason, test := range map[string]struct {
		request *rekeyv1.ListCanariesRequest
		want    []string
	}{
		"of a step":            {&rekeyv1.ListCanariesRequest{Steps: run}, []string{"denied", "runs"}},
		"held":                 {&rekeyv1.ListCanariesRequest{Held: new(true)}, []string{"held", "waits for its source"}},
		"not held":             {&rekeyv1.ListCanariesRequest{Held: new(false)}, []string{"denied", "left out", "missing", "proven", "runs", "waits", "was started"}},
		"of a verdict":         {&rekeyv1.ListCanariesRequest{Verdicts: []rekeyv1.Verdict{rekeyv1.Verdict_VERDICT_DENIED}}, []string{"denied"}},
		"of either verdict":    {&rekeyv1.ListCanariesRequest{Verdicts: []rekeyv1.Verdict{rekeyv1.Verdict_VERDICT_DENIED, rekeyv1.Verdict_VERDICT_PROVEN}}, []string{"denied", "proven"}},
		"of the first wave":    {&rekeyv1.ListCanariesRequest{Wave: new(int32(0))}, []string{"held", "proven", "runs"}},
		"of no wave there is":  {&rekeyv1.ListCanariesRequest{Wave: new(int32(7))}, nil},
		"with a problem":       {&rekeyv1.ListCanariesRequest{Reasons: problem}, []string{"denied"}},
		"with a notice":        {&rekeyv1.ListCanariesRequest{Reasons: notice}, []string{"was started"}},
		"told of old access":   {&rekeyv1.ListCanariesRequest{Reasons: access}, []string{"missing", "waits for its source"}},
		"of a step and a wave": {&rekeyv1.ListCanariesRequest{Steps: run, Wave: new(int32(1))}, []string{"denied"}},
	} {
		for _, size := range []int32{0, 1} {
			test.request.MigrationId, test.request.PageSize, test.request.PageToken = id, size, ""
			if diff := cmp.Diff(test.want, list(t, h, test.request)); diff != "" {
				t.Errorf("%s, pages of %d (-want +got):\n%s", reason, size, diff)
			}
		}
	}
}

// TestListCanariesIsStable lets canaries leave and enter the filter between pages, at random: nobody is listed twice, and
// those that match throughout are all listed.
func TestListCanariesIsStable(t *testing.T) {
	h := servicetest.New(t, service.Config{})
	rapid.Check(t, func(rt *rapid.T) {
		id := create(t, h)
		cells := h.Fake.View(id).Spec.Cells()
		steady := map[string]bool{}
		states := map[string]workflows.CanaryState{}
		for i := range cells {
			for n := range rapid.IntRange(0, 3).Draw(rt, "canaries") {
				name := fmt.Sprintf("canary-%d-%d", i, n)
				steady[name] = rapid.Bool().Draw(rt, "steady")
				states[name] = workflows.CanaryFailed
			}
		}
		shake := func() {
			set := map[workflows.Cell][]workflows.Canary{}
			for _, name := range slices.Sorted(maps.Keys(states)) {
				if !steady[name] {
					states[name] = rapid.SampledFrom([]workflows.CanaryState{workflows.CanaryFailed, workflows.Pending}).Draw(rt, name)
				}
				cell := cells[int(name[len("canary-")]-'0')]
				set[cell] = append(set[cell], canaryOf(cell, name, states[name]))
			}
			for cell, canaries := range set {
				h.Fake.SetCanaries(id, cell, canaries...)
			}
		}
		shake()
		listed := map[string]int{}
		r := &rekeyv1.ListCanariesRequest{
			MigrationId: id, PageSize: rapid.Int32Range(1, 3).Draw(rt, "page"), States: []rekeyv1.CanaryState{rekeyv1.CanaryState_CANARY_STATE_FAILED},
		}
		for pages := 0; pages == 0 || r.GetPageToken() != ""; pages++ {
			if pages > 50 { // of at most 12 canaries
				rt.Fatal("the listing does not come to its end")
			}
			reply, err := h.Client.ListCanaries(t.Context(), r)
			if err != nil {
				rt.Fatal(err)
			}
			for _, c := range reply.GetCanaries() {
				listed[c.GetName()]++
			}
			r.PageToken = reply.GetNextPageToken()
			shake()
		}
		for name := range states {
			if listed[name] > 1 || steady[name] && listed[name] == 0 {
				rt.Errorf("%s, steady %v, was listed %d times", name, steady[name], listed[name])
			}
		}
	})
}

func TestListCanariesKeepsRepliesSmall(t *testing.T) {
	h := servicetest.New(t, service.Config{})
	id := create(t, h)
	cell := h.Fake.View(id).Spec.Cells()[0]
	var canaries []workflows.Canary
	for i := range 1000 {
		c := canaryOf(cell, fmt.Sprintf("canary-%04d", i), workflows.CanaryFailed)
		c.Problem = &workflows.Problem{Reason: workflows.AccessDenied, Message: strings.Repeat("x", 15_000)}
		canaries = append(canaries, c)
	}
	h.Fake.SetCanaries(id, cell, canaries...)
	// The client takes 4 MB by default; 500 of these would be 7.5 MB.
	if got := list(t, h, &rekeyv1.ListCanariesRequest{MigrationId: id, PageSize: 500}); len(got) != 1000 {
		t.Errorf("listed %d", len(got))
	}
}

func TestListCanariesPageTokenIsBound(t *testing.T) {
	h := servicetest.New(t, service.Config{})
	id, _ := fleet(t, h)
	other, _ := fleet(t, h)
	first, err := h.Client.ListCanaries(t.Context(), &rekeyv1.ListCanariesRequest{MigrationId: id, PageSize: 1})
	if err != nil {
		t.Fatal(err)
	}
	token := first.GetNextPageToken()
	for reason, r := range map[string]*rekeyv1.ListCanariesRequest{
		"another migration": {MigrationId: other, PageToken: token},
		"another account":   {MigrationId: id, AccountId: "111111111111", PageToken: token},
		"another Region":    {MigrationId: id, Region: "eu-west-1", PageToken: token},
		"another state":     {MigrationId: id, States: []rekeyv1.CanaryState{1}, PageToken: token},
		"another step":      {MigrationId: id, Steps: []rekeyv1.CanaryStep{1}, PageToken: token},
		"another verdict":   {MigrationId: id, Verdicts: []rekeyv1.Verdict{1}, PageToken: token},
		"held":              {MigrationId: id, Held: new(false), PageToken: token},
		"another wave":      {MigrationId: id, Wave: new(int32(0)), PageToken: token},
		"tampered":          {MigrationId: id, PageToken: "AA" + token[2:]},
		"garbage":           {MigrationId: id, PageToken: "garbage"},
	} {
		_, err := h.Client.ListCanaries(t.Context(), r)
		t.Log(reason, err)
		wantError(t, err, wanted{code: codes.InvalidArgument, reason: "INVALID_PAGE_TOKEN"})
	}
}

func TestGetCanary(t *testing.T) {
	h := servicetest.New(t, service.Config{})
	id := create(t, h)
	cell := workflows.Cell{Account: "111111111111", Region: "eu-west-1"}
	canary := canaryOf(cell, "checkout", workflows.Migrating)
	canary.Recorded.Visual = []workflows.VisualReference{{BaseRunID: "run-1"}}
	canary.Grants = []workflows.AccessChange{{RoleARN: "role", KeyARN: "key", GrantName: "rekey-1"}, {RoleARN: "role", KeyARN: "other key"}}
	canary.Granted = []workflows.AccessChange{{RoleARN: "role", KeyARN: "key", GrantName: "rekey-1", GrantID: "grant-1"}}
	h.Fake.SetCanaries(id, cell, canary)
	get := func(region, name string) (*rekeyv1.Canary, error) {
		reply, err := h.Client.GetCanary(t.Context(), &rekeyv1.GetCanaryRequest{
			MigrationId: id, AccountId: cell.Account, Region: region, CanaryName: name,
		})
		return reply.GetCanary(), err
	}
	got, err := get(cell.Region, "checkout")
	if err != nil || got.GetCanaryId() != "id-of-checkout" || !got.GetVisual() || got.GetState() != rekeyv1.CanaryState_CANARY_STATE_MIGRATING {
		t.Fatalf("%v, %v", got, err)
	}
	if g := got.GetGrants(); len(g) != 2 || g[0].GetGrantId() != "grant-1" || g[1].GetGrantId() != "" {
		t.Errorf("grants %v, want the first with the id that it was given", g)
	}
	for reason, region := range map[string]string{"of no such name": cell.Region, "of a cell that was not started": "eu-central-1"} {
		_, err := get(region, "basket")
		t.Log(reason, err)
		wantError(t, err, wanted{codes.NotFound, "CANARY_NOT_FOUND", map[string]string{
			"migration_id": id, "account_id": cell.Account, "region": region, "canary_name": "basket",
		}})
	}
}
