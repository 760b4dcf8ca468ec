package service_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	rekeyv1 "rekey/gen/rekey/v1"
	"rekey/service"
	"rekey/service/servicetest"
	"rekey/workflows"
)

var (
	oneIreland   = workflows.Cell{Account: "111111111111", Region: "eu-west-1"}
	oneVirginia  = workflows.Cell{Account: "111111111111", Region: "us-east-1"}
	twoVirginia  = workflows.Cell{Account: "222222222222", Region: "us-east-1"}
	threeIreland = workflows.Cell{Account: "333333333333", Region: "eu-west-1"}
)

// settled is a service on a world of three accounts with canaries in their cells, one of which is empty.
func settled(t *testing.T) (*servicetest.Harness, rekeyv1.FleetServiceClient) {
	t.Helper()
	h := servicetest.New(t, service.Config{})
	h.Fake.World.Settle(oneIreland, "a", "b", "c")
	h.Fake.World.Settle(oneVirginia, "d")
	h.Fake.World.Settle(twoVirginia, "a", "e")
	h.Fake.World.Settle(threeIreland, "f")
	return h, rekeyv1.NewFleetServiceClient(h.Conn)
}

// threeAccounts selects everything but what it excludes.
func threeAccounts(excluded ...string) *rekeyv1.Selection {
	return &rekeyv1.Selection{
		AccountIds: []string{"333333333333", "111111111111", "222222222222"}, Regions: []string{"us-east-1", "eu-west-1"},
		ExcludedAccountIds: excluded,
	}
}

// listed takes page after page, and returns how each canary is called in full, and the problems.
func listed(t *testing.T, client rekeyv1.FleetServiceClient, r *rekeyv1.ListFleetCanariesRequest) (names, problems []string) {
	t.Helper()
	for {
		reply, err := client.ListFleetCanaries(t.Context(), r)
		if err != nil {
			t.Fatal(err)
		}
		if size := int(r.GetPageSize()); size > 0 && len(reply.GetCanaries()) > size {
			t.Errorf("a page of %d, want at most %d", len(reply.GetCanaries()), size)
		}
		for _, c := range reply.GetCanaries() {
			names = append(names, c.GetAccountId()+"/"+c.GetRegion()+"/"+c.GetName())
		}
		for _, p := range reply.GetCellProblems() {
			problems = append(problems, p.GetMessage())
		}
		if r.PageToken = reply.GetNextPageToken(); r.GetPageToken() == "" {
			return names, problems
		}
		if len(r.GetPageToken()) > 1024 {
			t.Fatalf("a page token of %d characters", len(r.GetPageToken()))
		}
	}
}

func TestListFleetCanariesByAccountRegionAndName(t *testing.T) {
	h, client := settled(t)
	h.Fake.World.Select([]workflows.FleetCell{{Cell: oneIreland}, {Cell: twoVirginia}, {Cell: threeIreland}}, nil)
	all := []string{
		"111111111111/eu-west-1/a", "111111111111/eu-west-1/b", "111111111111/eu-west-1/c", "111111111111/us-east-1/d",
		"222222222222/us-east-1/a", "222222222222/us-east-1/e", "333333333333/eu-west-1/f",
	}
	for reason, test := range map[string]struct {
		selection *rekeyv1.Selection
		want      []string
	}{
		"listed cells":                     {threeAccounts(), all},
		"without an account":               {threeAccounts("222222222222"), append(append([]string{}, all[:4]...), all[6])},
		"without any account":              {threeAccounts(threeAccounts().GetAccountIds()...), nil},
		"cells that are found out":         {&rekeyv1.Selection{Organization: true, EnabledRegions: true}, append(append([]string{}, all[:3]...), all[4:]...)},
		"Regions that are found out":       {&rekeyv1.Selection{AccountIds: []string{"111111111111"}, EnabledRegions: true}, append(append([]string{}, all[:3]...), all[4:]...)},
		"accounts of organizational units": {&rekeyv1.Selection{OrganizationalUnitIds: []string{"ou-abcd-12345678"}, Regions: []string{"eu-west-1"}}, append(append([]string{}, all[:3]...), all[4:]...)},
	} {
		for _, size := range []int32{0, 1, 2, 500} {
			got, problems := listed(t, client, &rekeyv1.ListFleetCanariesRequest{Selection: test.selection, PageSize: size})
			if diff := cmp.Diff(test.want, got); diff != "" || len(problems) > 0 {
				t.Errorf("%s, pages of %d: problems %v (-want +got):\n%s", reason, size, problems, diff)
			}
		}
	}
}

func TestACellThatCannotBeReadIsToldAndNotTheEnd(t *testing.T) {
	h, client := settled(t)
	shut := &workflows.Problem{Reason: workflows.CellNotReachable, Message: "shut", Metadata: map[string]string{"account_id": "111111111111"}}
	h.Fake.World.Shut(oneVirginia, shut)
	unknown := workflows.FleetCell{Cell: workflows.Cell{Account: "000000000000"}, Problem: &workflows.Problem{Reason: workflows.AccessDenied, Message: "no Regions"}}
	h.Fake.World.Select([]workflows.FleetCell{unknown, {Cell: oneVirginia}, {Cell: threeIreland}}, nil)
	for _, size := range []int32{0, 1} {
		got, problems := listed(t, client, &rekeyv1.ListFleetCanariesRequest{Selection: threeAccounts(), PageSize: size})
		if len(got) != 6 || !cmp.Equal(problems, []string{"shut"}) {
			t.Errorf("pages of %d: listed %v, problems %v; want the six others, and each problem once", size, got, problems)
		}
		got, problems = listed(t, client, &rekeyv1.ListFleetCanariesRequest{
			Selection: &rekeyv1.Selection{Organization: true, EnabledRegions: true}, PageSize: size,
		})
		if len(got) != 1 || !cmp.Equal(problems, []string{"no Regions", "shut"}) {
			t.Errorf("found out, pages of %d: listed %v, problems %v", size, got, problems)
		}
	}
}

// littlePatience is of callers who have less than a cell takes: the server answers when three quarters of it are over, and a busy machine has the
// rest to get the answer to them.
const littlePatience = 6 * time.Second

func TestAPageEndsWhereItsCallersPatienceDoes(t *testing.T) {
	t.Parallel()
	h, client := settled(t)
	release := h.Fake.World.Hold(oneVirginia)
	r := &rekeyv1.ListFleetCanariesRequest{Selection: threeAccounts()}
	impatient, cancel := context.WithTimeout(t.Context(), littlePatience)
	defer cancel()
	reply, err := client.ListFleetCanaries(impatient, r)
	if err != nil || len(reply.GetCanaries()) != 3 || reply.GetNextPageToken() == "" {
		t.Fatalf("%v, %v; want the three canaries before the cell that takes long, and a token", reply, err)
	}
	release()
	r.PageToken = reply.GetNextPageToken()
	rest, _ := listed(t, client, r)
	want := []string{"111111111111/us-east-1/d", "222222222222/us-east-1/a", "222222222222/us-east-1/e", "333333333333/eu-west-1/f"}
	if diff := cmp.Diff(want, rest); diff != "" {
		t.Errorf("the rest (-want +got):\n%s", diff)
	}
	if n := h.Fake.World.Looks(oneVirginia); n != 1 {
		t.Errorf("the cell that took long was read %d times, want the first to be waited for", n)
	}
}

func TestAForgottenCensusIsTakenAnew(t *testing.T) {
	t.Parallel()
	h, client := settled(t)
	release := h.Fake.World.Hold(oneIreland)
	defer release()
	r := &rekeyv1.ListFleetCanariesRequest{Selection: threeAccounts()}
	impatient, cancel := context.WithTimeout(t.Context(), littlePatience)
	defer cancel()
	reply, err := client.ListFleetCanaries(impatient, r)
	if err != nil || len(reply.GetCanaries()) != 0 || reply.GetNextPageToken() == "" {
		t.Fatalf("%v, %v; want an empty page before the last", reply, err)
	}
	release()
	h.Fake.Forget()
	r.PageToken = reply.GetNextPageToken()
	if all, _ := listed(t, client, r); len(all) != 7 {
		t.Errorf("listed %v, want all seven", all)
	}
}

func TestAForgottenSelectionEndsItsListing(t *testing.T) {
	h, client := settled(t)
	h.Fake.World.Select([]workflows.FleetCell{{Cell: oneIreland}}, nil)
	r := &rekeyv1.ListFleetCanariesRequest{Selection: &rekeyv1.Selection{Organization: true, EnabledRegions: true}, PageSize: 1}
	reply, err := client.ListFleetCanaries(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	h.Fake.Forget()
	r.PageToken = reply.GetNextPageToken()
	_, err = client.ListFleetCanaries(t.Context(), r)
	wantError(t, err, wanted{code: codes.InvalidArgument, reason: "INVALID_PAGE_TOKEN"})
}

func TestListFleetCanariesReadsABoundedNumberOfCells(t *testing.T) {
	h, client := settled(t)
	selection := &rekeyv1.Selection{Regions: []string{"eu-west-1"}}
	for i := range 450 {
		selection.AccountIds = append(selection.AccountIds, fmt.Sprintf("%012d", i))
	}
	last := workflows.Cell{Account: "000000000449", Region: "eu-west-1"}
	h.Fake.World.Settle(last, "the-last")
	r := &rekeyv1.ListFleetCanariesRequest{Selection: selection}
	pages := 0
	for got := ""; got == ""; pages++ {
		reply, err := client.ListFleetCanaries(t.Context(), r)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range reply.GetCanaries() {
			got = c.GetName()
		}
		if r.PageToken = reply.GetNextPageToken(); (r.GetPageToken() == "") != (got != "") {
			t.Fatalf("page %d has %q and the token %q", pages, got, r.GetPageToken())
		}
	}
	if pages != 3 || h.Fake.World.Looks(last) != 1 {
		t.Errorf("%d pages for 450 cells, want 3", pages)
	}
}

func TestLittleIsReadInVain(t *testing.T) {
	h, client := settled(t)
	selection := &rekeyv1.Selection{Regions: []string{"eu-west-1"}}
	var cells []workflows.Cell
	for i := range 40 {
		cell := workflows.Cell{Account: fmt.Sprintf("%012d", i), Region: "eu-west-1"}
		h.Fake.World.Settle(cell, "a", "b", "c", "d", "e")
		selection.AccountIds, cells = append(selection.AccountIds, cell.Account), append(cells, cell)
	}
	all, _ := listed(t, client, &rekeyv1.ListFleetCanariesRequest{Selection: selection, PageSize: 50})
	looks := 0
	for _, cell := range cells {
		looks += h.Fake.World.Looks(cell)
	}
	if len(all) != 200 || looks > 40 {
		t.Errorf("%d canaries listed, by %d looks at 40 cells, want one each", len(all), looks)
	}
}

func TestListFleetCanariesKeepsRepliesSmall(t *testing.T) {
	h, client := settled(t)
	for _, cell := range []workflows.Cell{oneIreland, oneVirginia, threeIreland} {
		names := make([]string, 150)
		for i := range names {
			names[i] = fmt.Sprintf("%03d", i) + strings.Repeat("x", 252) // as long as a name may be
		}
		h.Fake.World.Settle(cell, names...)
		h.Fake.World.Edit(cell, func(c *workflows.FleetCanary) { c.ManagedBy = strings.Repeat("x", 15_000) })
	}
	h.Fake.World.Select([]workflows.FleetCell{{Cell: oneIreland}, {Cell: oneVirginia}, {Cell: threeIreland}}, nil)
	// The client takes 4 MB by default; 450 of these are 7 MB.
	selection := &rekeyv1.Selection{Organization: true, EnabledRegions: true}
	if all, _ := listed(t, client, &rekeyv1.ListFleetCanariesRequest{Selection: selection, PageSize: 500}); len(all) != 450 {
		t.Errorf("listed %d", len(all))
	}
}

func TestFleetPageTokenIsBound(t *testing.T) {
	_, client := settled(t)
	first, err := client.ListFleetCanaries(t.Context(), &rekeyv1.ListFleetCanariesRequest{Selection: threeAccounts(), PageSize: 1})
	if err != nil {
		t.Fatal(err)
	}
	token := first.GetNextPageToken()
	for reason, r := range map[string]*rekeyv1.ListFleetCanariesRequest{
		"another selection": {Selection: threeAccounts("111111111111"), PageToken: token},
		"with access":       {Selection: threeAccounts(), IncludeAccess: true, PageToken: token},
		"tampered":          {Selection: threeAccounts(), PageToken: "AA" + token[2:]},
	} {
		_, err := client.ListFleetCanaries(t.Context(), r)
		t.Log(reason, err)
		wantError(t, err, wanted{code: codes.InvalidArgument, reason: "INVALID_PAGE_TOKEN"})
	}
}

func TestFleetSaysWhoIsAway(t *testing.T) {
	h, client := settled(t)
	h.Fake.World.Select(nil, &workflows.Problem{
		Reason: workflows.SelectionNotResolved, Message: "Organizations refused.", NextStep: "Ask it.", Metadata: map[string]string{"what": "an OU"},
	})
	calls := map[string]func(*rekeyv1.Selection) error{
		"ListFleetCanaries": func(s *rekeyv1.Selection) error {
			_, err := client.ListFleetCanaries(t.Context(), &rekeyv1.ListFleetCanariesRequest{Selection: s})
			return err
		},
		"SummarizeFleet": func(s *rekeyv1.Selection) error {
			_, err := client.SummarizeFleet(t.Context(), &rekeyv1.SummarizeFleetRequest{Selection: s})
			return err
		},
	}
	for name, call := range calls {
		t.Log(name)
		err := call(&rekeyv1.Selection{Organization: true, EnabledRegions: true})
		wantError(t, err, wanted{codes.FailedPrecondition, "SELECTION_NOT_RESOLVED", map[string]string{"what": "an OU"}})
		h.Fake.FailWorkers(service.ErrNoWorker)
		wantError(t, call(threeAccounts()), wanted{code: codes.Unavailable, reason: "WORKER_UNAVAILABLE"})
		h.Fake.FailWorkers(nil)
		h.Fake.FailTemporal(service.ErrUnavailable)
		wantError(t, call(threeAccounts()), wanted{code: codes.Unavailable, reason: "TEMPORAL_UNAVAILABLE"})
		h.Fake.FailTemporal(nil)
		wantError(t, call(nil), wanted{code: codes.InvalidArgument, reason: "INVALID_FIELD"})
	}
}

func TestInvalidFleetPages(t *testing.T) {
	_, client := settled(t)
	for reason, r := range map[string]*rekeyv1.ListFleetCanariesRequest{
		"a page is not negative":          {Selection: threeAccounts(), PageSize: -1},
		"500 are the most":                {Selection: threeAccounts(), PageSize: 501},
		"a token is not endless":          {Selection: threeAccounts(), PageToken: strings.Repeat("a", 1025)},
		"Regions are listed or found out": {Selection: &rekeyv1.Selection{AccountIds: []string{"111111111111"}}},
	} {
		_, err := client.ListFleetCanaries(t.Context(), r)
		t.Log(reason, err)
		wantError(t, err, wanted{code: codes.InvalidArgument, reason: "INVALID_FIELD"})
	}
}

func TestSummarizeFleet(t *testing.T) {
	t.Parallel()
	h, client := settled(t)
	h.Fake.World.Shut(oneVirginia, &workflows.Problem{Reason: workflows.CellNotReachable, Message: "shut"})
	release := h.Fake.World.Hold(twoVirginia)
	r := &rekeyv1.SummarizeFleetRequest{Selection: threeAccounts()}
	impatient, cancel := context.WithTimeout(t.Context(), littlePatience)
	defer cancel()
	begun, err := client.SummarizeFleet(impatient, r)
	if err != nil || begun.GetComplete() || begun.GetSummaryId() == "" {
		t.Fatalf("%v, %v; want one that is not complete", begun, err)
	}
	release()
	r.SummaryId = begun.GetSummaryId()
	got, err := client.SummarizeFleet(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	type counts = []*rekeyv1.FleetCount
	want := &rekeyv1.SummarizeFleetResponse{
		SummaryId: begun.GetSummaryId(), Complete: true, Canaries: 6, Cells: 6, CellsRead: 5,
		CellProblems: []*rekeyv1.Problem{{Reason: rekeyv1.ErrorReason_ERROR_REASON_CELL_NOT_REACHABLE, Message: "shut"}},
		ByEncryption: counts{{Value: "AWS_MANAGED", Count: 6}},
		ByRegion:     counts{{Value: "eu-west-1", Count: 4}, {Value: "us-east-1", Count: 2}},
		ByRuntime:    counts{{Value: "syn-nodejs-puppeteer-10.0", Count: 6}},
		ByNextStep:   counts{{Value: "MIGRATE", Count: 6}},
		ByAccount:    counts{{Value: "111111111111", Count: 3}, {Value: "222222222222", Count: 2}, {Value: "333333333333", Count: 1}},
	}
	if diff := cmp.Diff(want.String(), got.String()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if n := h.Fake.World.Looks(twoVirginia); n != 1 {
		t.Errorf("asking for the same summary read a cell %d times", n)
	}
}

func TestASummaryBelongsToItsSelection(t *testing.T) {
	h, client := settled(t)
	begun, err := client.SummarizeFleet(t.Context(), &rekeyv1.SummarizeFleetRequest{Selection: threeAccounts()})
	if err != nil {
		t.Fatal(err)
	}
	refused := func(reason string, r *rekeyv1.SummarizeFleetRequest) {
		_, err := client.SummarizeFleet(t.Context(), r)
		t.Log(reason, err)
		wantError(t, err, wanted{code: codes.InvalidArgument, reason: "INVALID_FIELD"})
		if field := detail[*errdetails.ErrorInfo](status.Convert(err)).GetMetadata()["field"]; field != "summary_id" {
			t.Errorf("%s: names %s", reason, field)
		}
	}
	refused("another selection's", &rekeyv1.SummarizeFleetRequest{Selection: threeAccounts("111111111111"), SummaryId: begun.GetSummaryId()})
	refused("none", &rekeyv1.SummarizeFleetRequest{Selection: threeAccounts(), SummaryId: begun.GetSummaryId()[:8] + strings.Repeat("0", 12)})
	refused("not an id", &rekeyv1.SummarizeFleetRequest{Selection: threeAccounts(), SummaryId: "z"})
	h.Fake.Forget()
	refused("an expired one", &rekeyv1.SummarizeFleetRequest{Selection: threeAccounts(), SummaryId: begun.GetSummaryId()})
}
