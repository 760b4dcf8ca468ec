package service_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"

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

func TestListCanariesAsksABoundedNumberOfCells(t *testing.T) {
	h := servicetest.New(t, service.Config{})
	spec := servicetest.Spec()
	spec.Selection.AccountIds = nil
	for i := range 100 {
		spec.Selection.AccountIds = append(spec.Selection.AccountIds, fmt.Sprintf("%012d", i))
	}
	created, err := h.Client.CreateMigration(t.Context(), &rekeyv1.CreateMigrationRequest{Spec: spec})
	if err != nil {
		t.Fatal(err)
	}
	id := created.GetMigration().GetId()
	cells := h.Fake.View(id).Spec.Cells()
	h.Fake.SetCanaries(id, cells[len(cells)-1], canaryOf(cells[len(cells)-1], "the-last", workflows.Pending))

	before := h.Fake.Queries(id)
	reply, err := h.Client.ListCanaries(t.Context(), &rekeyv1.ListCanariesRequest{MigrationId: id})
	if err != nil || len(reply.GetCanaries()) != 0 || reply.GetNextPageToken() == "" {
		t.Fatalf("%v, %v; want an empty page before the last", reply, err)
	}
	if asked := h.Fake.Queries(id) - before; asked > 50 {
		t.Errorf("%d questions for one page", asked)
	}
	if got := list(t, h, &rekeyv1.ListCanariesRequest{MigrationId: id}); len(got) != 1 || got[0] != "the-last" {
		t.Errorf("listed %v", got)
	}
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
