package service_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	rekeyv1 "rekey/gen/rekey/v1"
	"rekey/service"
	"rekey/service/identity"
	"rekey/service/roles"
	"rekey/service/servicetest"
	"rekey/workflows"
)

const (
	accountA = "111111111111"
	accountB = "222222222222"
	inA      = "m-aaaaaaaaaaaaaaaaaaaa"
	inB      = "m-bbbbbbbbbbbbbbbbbbbb"
	inBoth   = "m-abababababababababab"
	inUnits  = "m-oooooooooooooooooooo"
)

// team is who may do what in these tests.
const team = `
rules:
  - {members: [root], roles: [creator, approver, operator], accounts: ["*"]}
  - {members: [auditor], roles: [reader], accounts: ["*"]}
  - {members: [ann], roles: [creator, operator], accounts: ["111111111111"]}
  - {members: [ben], roles: [operator], accounts: ["111111111111"]}
  - {members: [ben], roles: [reader], accounts: ["222222222222"]}
`

// guarded starts a service with the team's roles and four migrations. Names count without certificates.
func guarded(t *testing.T) *servicetest.Harness {
	t.Helper()
	table, err := roles.Parse([]byte(team))
	if err != nil {
		t.Fatal(err)
	}
	h := servicetest.New(t, service.Config{Roles: table, AnyName: true})
	regions := []string{"eu-west-1"}
	for i, spec := range []struct {
		id   string
		spec workflows.Spec
	}{
		{inA, workflows.Spec{Accounts: []string{accountA, accountB}, Excluded: []string{accountB}, Regions: regions}},
		{inB, workflows.Spec{Accounts: []string{accountB}, Regions: regions}},
		{inBoth, workflows.Spec{Accounts: []string{accountA, accountB}, Regions: regions}},
		{inUnits, workflows.Spec{OUs: []string{"ou-aaaa-11111111"}, Regions: regions}},
	} {
		start := service.Start{Input: workflows.MigrationInput{ID: spec.id, Spec: spec.spec}}
		start.DisplayName, start.Created = spec.id, time.Unix(int64(i), 0)
		if err := h.Fake.Start(t.Context(), start); err != nil {
			t.Fatal(err)
		}
	}
	return h
}

// as is a context in which somebody calls.
func as(t *testing.T, name string) context.Context {
	t.Helper()
	return metadata.AppendToOutgoingContext(t.Context(), identity.MetadataKey, name)
}

func TestMigrationsAreThereForWhoMayReadThem(t *testing.T) {
	notFound := func(id string) wanted {
		return wanted{codes.NotFound, "MIGRATION_NOT_FOUND", map[string]string{"migration_id": id}}
	}
	missing := func(caller, account string) wanted {
		metadata := map[string]string{"role": "operator", "caller": caller}
		if account != "" {
			metadata["account_id"] = account
		}
		return wanted{codes.PermissionDenied, "CALLER_ROLE_MISSING", metadata}
	}
	tests := map[string]struct {
		caller, id  string
		get, cancel wanted // the zero value: it is allowed
	}{
		"one's own account":                                 {"ann", inA, wanted{}, wanted{}},
		"another account is not there":                      {"ann", inB, notFound(inB), notFound(inB)},
		"one account of two is not enough":                  {"ann", inBoth, notFound(inBoth), notFound(inBoth)},
		"organizational units may come to any account":      {"ann", inUnits, notFound(inUnits), notFound(inUnits)},
		"one that there is not looks the same":              {"ann", unknownID, notFound(unknownID), notFound(unknownID)},
		"an account to read only":                           {"ben", inB, wanted{}, missing("ben", accountB)},
		"one account to operate, one to read":               {"ben", inBoth, wanted{}, missing("ben", accountB)},
		"reading everything is no operating":                {"auditor", inUnits, wanted{}, missing("auditor", "")},
		"everywhere includes what is not known":             {"root", inUnits, wanted{}, wanted{}},
		"everywhere includes two":                           {"root", inBoth, wanted{}, wanted{}},
		"who reads nothing is told the same of every id":    {"eve", inA, wanted{}, missing("eve", "")},
		"who reads nothing is told the same of no such id":  {"eve", unknownID, wanted{}, missing("eve", "")},
		"who has no name is nobody, and may do nothing":     {"", inA, wanted{}, missing("", "")},
		"who reads everything is told that there is no one": {"auditor", unknownID, notFound(unknownID), notFound(unknownID)},
	}
	for reason, test := range tests {
		t.Run(reason, func(t *testing.T) {
			h := guarded(t)
			_, err := h.Client.GetMigration(as(t, test.caller), &rekeyv1.GetMigrationRequest{MigrationId: test.id})
			if nobody := test.caller == "eve" || test.caller == ""; nobody {
				test.get = wanted{codes.PermissionDenied, "CALLER_ROLE_MISSING", map[string]string{"role": "reader", "caller": test.caller}}
			}
			allowedOr(t, err, test.get)
			stream, err := h.Client.WatchMigration(as(t, test.caller), &rekeyv1.WatchMigrationRequest{MigrationId: test.id})
			if err == nil {
				_, err = stream.Recv()
			}
			allowedOr(t, err, test.get)
			_, err = h.Client.CancelMigration(as(t, test.caller), &rekeyv1.CancelMigrationRequest{MigrationId: test.id})
			allowedOr(t, err, test.cancel)
		})
	}
}

// allowedOr wants a call to be allowed, or to end with an error.
func allowedOr(t *testing.T, err error, want wanted) {
	t.Helper()
	if want.code != codes.OK {
		wantError(t, err, want)
	} else if err != nil {
		t.Errorf("it is not allowed: %v", err)
	}
}

func TestWhatIsHiddenLooksLikeWhatIsNotThere(t *testing.T) {
	h := guarded(t)
	told := func(id string) string {
		_, err := h.Client.GetMigration(as(t, "ann"), &rekeyv1.GetMigrationRequest{MigrationId: id})
		return status.Convert(err).Message()
	}
	hidden, absent := told(inB), told(inA[:len(inA)-1]+"0")
	if want := fmt.Sprintf("There is no migration %s that", inB); hidden[:len(want)] != want || hidden[len(want):] != absent[len(want):] {
		t.Errorf("of one that is hidden:\n%s\nof one that is not there:\n%s", hidden, absent)
	}
}

func TestCreateMigrationNeedsItsRoleForEveryAccount(t *testing.T) {
	type selection = rekeyv1.Selection
	missing := func(account string) wanted {
		metadata := map[string]string{"role": "creator", "caller": "ann", "account_id": account}
		return wanted{codes.PermissionDenied, "CALLER_ROLE_MISSING", metadata}
	}
	tests := map[string]struct {
		selection *selection
		want      wanted
	}{
		"the account":            {&selection{AccountIds: []string{accountA}}, wanted{}},
		"another":                {&selection{AccountIds: []string{accountB}}, missing(accountB)},
		"both":                   {&selection{AccountIds: []string{accountA, accountB}}, missing(accountB)},
		"both less the other":    {&selection{AccountIds: []string{accountA, accountB}, ExcludedAccountIds: []string{accountB}}, wanted{}},
		"organizational units":   {&selection{OrganizationalUnitIds: []string{"ou-aaaa-11111111"}}, missing("*")},
		"units beside the own":   {&selection{AccountIds: []string{accountA}, OrganizationalUnitIds: []string{"r-aaaa"}}, missing("*")},
		"the whole organization": {&selection{Organization: true}, missing("*")},
	}
	for reason, test := range tests {
		t.Run(reason, func(t *testing.T) {
			h := guarded(t)
			spec := servicetest.Spec()
			test.selection.Regions = spec.GetSelection().GetRegions()
			spec.Selection = test.selection
			_, err := h.Client.CreateMigration(as(t, "ann"), &rekeyv1.CreateMigrationRequest{Spec: spec})
			allowedOr(t, err, test.want)
			if _, err := h.Client.CreateMigration(as(t, "root"), &rekeyv1.CreateMigrationRequest{Spec: spec}); err != nil {
				t.Errorf("root may not: %v", err)
			}
		})
	}
}

func TestAnInvalidRequestIsRefusedBeforeRolesAreLookedAt(t *testing.T) {
	h := guarded(t)
	_, err := h.Client.GetMigration(as(t, "eve"), &rekeyv1.GetMigrationRequest{MigrationId: "no id"})
	wantError(t, err, wanted{code: codes.InvalidArgument, reason: "INVALID_FIELD"})
}

func TestListMigrationsShowsWhatTheCallerMayRead(t *testing.T) {
	h := guarded(t)
	tests := map[string][]string{ // newest first
		"root": {inUnits, inBoth, inB, inA}, "auditor": {inUnits, inBoth, inB, inA}, "ben": {inBoth, inB, inA}, "ann": {inA},
	}
	for caller, want := range tests {
		for _, size := range []int32{0, 1, 2} {
			request := &rekeyv1.ListMigrationsRequest{PageSize: size}
			var got []string
			for {
				reply, err := h.Client.ListMigrations(as(t, caller), request)
				if err != nil {
					t.Fatal(err)
				}
				for _, m := range reply.GetMigrations() {
					got = append(got, m.GetId())
				}
				if request.PageToken = reply.GetNextPageToken(); request.GetPageToken() == "" {
					break
				}
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s, pages of %d (-want +got):\n%s", caller, size, diff)
			}
		}
	}
	_, err := h.Client.ListMigrations(as(t, "eve"), &rekeyv1.ListMigrationsRequest{})
	wantError(t, err, wanted{codes.PermissionDenied, "CALLER_ROLE_MISSING", map[string]string{"role": "reader", "caller": "eve"}})
}

func TestAListingThatCantTellIsNoListing(t *testing.T) {
	h := guarded(t)
	h.Fake.FailWorkers(service.ErrNoWorker)
	_, err := h.Client.ListMigrations(as(t, "ann"), &rekeyv1.ListMigrationsRequest{})
	wantError(t, err, wanted{code: codes.Unavailable, reason: "WORKER_UNAVAILABLE"})
	if _, err := h.Client.ListMigrations(as(t, "auditor"), &rekeyv1.ListMigrationsRequest{}); err != nil {
		t.Errorf("who may read everything needs no worker for that: %v", err)
	}
	_, err = h.Client.CancelMigration(as(t, "ann"), &rekeyv1.CancelMigrationRequest{MigrationId: inA})
	wantError(t, err, wanted{code: codes.Unavailable, reason: "WORKER_UNAVAILABLE"})
}

func TestAccountsAreLookedUpOnce(t *testing.T) {
	h := guarded(t)
	list := func(caller string) {
		t.Helper()
		if _, err := h.Client.ListMigrations(as(t, caller), &rekeyv1.ListMigrationsRequest{}); err != nil {
			t.Fatal(err)
		}
	}
	list("auditor")
	if n := h.Fake.Queries(inA); n != 0 {
		t.Errorf("%d questions for a caller who may read everything, want none", n)
	}
	for range 3 {
		list("ann")
		list("ben")
	}
	if n := h.Fake.Queries(inA); n != 1 {
		t.Errorf("%d questions for what never changes, want 1", n)
	}
}
