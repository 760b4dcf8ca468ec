package awssim_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsaccount "github.com/aws/aws-sdk-go-v2/service/account"
	accounttypes "github.com/aws/aws-sdk-go-v2/service/account/types"
	awsorganizations "github.com/aws/aws-sdk-go-v2/service/organizations"
	awsorganizationstypes "github.com/aws/aws-sdk-go-v2/service/organizations/types"

	"rekey/awssim"
	"rekey/awssim/account"
	"rekey/awssim/apierr"
	"rekey/awssim/organizations"
)

func organizationAccount(id string) organizations.Account {
	return organizations.Account{ID: id, Name: "account " + id, Email: id + "@example.com"}
}

// wantAPIErr compares the code of an error that didn't cross the wire.
func wantAPIErr(t *testing.T, err error, want string) {
	t.Helper()
	got := ""
	if err != nil {
		answer, ok := errors.AsType[*apierr.Error](err)
		if !ok {
			t.Fatalf("%v is no answer", err)
		}
		got = answer.Code
	}
	if got != want {
		t.Errorf("error code = %q, want %q (%v)", got, want, err)
	}
}

const unit = "ou-sim1-aaaaaaaa"

// withOrganization adds 45 accounts: the management account and 22 below the root, 22 in a unit.
func withOrganization(t *testing.T, s awssim.Settings) *testWorld {
	t.Helper()
	w := newWorld(t, s)
	w.Organizations.SetManagement(home)
	w.must(w.Organizations.AddUnit(organizations.Unit{ID: unit, Name: "workloads"}))
	w.must(w.Organizations.AddAccount(organizationAccount(home)))
	for i := range 44 {
		a := organizationAccount(fmt.Sprintf("5000000000%02d", i))
		if i%2 == 0 {
			a.Parent, a.State = unit, "SUSPENDED"
		}
		w.must(w.Organizations.AddAccount(a))
	}
	return w
}

func TestOrganizationIsRead(t *testing.T) {
	for name, settings := range map[string]awssim.Settings{
		"plain": {}, "empty pages and the retired status": {EmptyPages: true, AccountStatus: true},
	} {
		t.Run(name, func(t *testing.T) {
			w := withOrganization(t, settings)
			client := w.organizations(homeRoot)
			accounts, suspended := 0, 0
			pager := awsorganizations.NewListAccountsPaginator(client, &awsorganizations.ListAccountsInput{})
			for pager.HasMorePages() {
				page, err := pager.NextPage(t.Context())
				w.must(err)
				for _, a := range page.Accounts {
					accounts++
					if a.State == "SUSPENDED" {
						suspended++
					}
					if hasStatus := a.Status != ""; hasStatus != settings.AccountStatus {
						t.Errorf("%s has a status: %t", *a.Id, hasStatus)
					}
				}
			}
			if accounts != 45 || suspended != 22 {
				t.Errorf("%d accounts, %d suspended; want 45 and 22", accounts, suspended)
			}
			inUnit := 0
			below := awsorganizations.NewListAccountsForParentPaginator(client, &awsorganizations.ListAccountsForParentInput{ParentId: aws.String(unit), MaxResults: aws.Int32(3)})
			for below.HasMorePages() {
				page, err := below.NextPage(t.Context())
				w.must(err)
				inUnit += len(page.Accounts)
			}
			if inUnit != 22 {
				t.Errorf("%d accounts in the unit, want 22", inUnit)
			}
		})
	}
}

func TestUnitsRootsAndSingleAccounts(t *testing.T) {
	w := withOrganization(t, awssim.Settings{})
	client := w.organizations(homeRoot)
	roots, err := client.ListRoots(t.Context(), &awsorganizations.ListRootsInput{})
	w.must(err)
	units, err := client.ListOrganizationalUnitsForParent(t.Context(), &awsorganizations.ListOrganizationalUnitsForParentInput{ParentId: roots.Roots[0].Id})
	w.must(err)
	if len(units.OrganizationalUnits) != 1 || *units.OrganizationalUnits[0].Id != unit {
		t.Errorf("%+v", units.OrganizationalUnits)
	}
	for child, want := range map[string]awsorganizationstypes.Parent{
		unit:           {Id: roots.Roots[0].Id, Type: "ROOT"},
		"500000000000": {Id: aws.String(unit), Type: "ORGANIZATIONAL_UNIT"},
	} {
		parents, err := client.ListParents(t.Context(), &awsorganizations.ListParentsInput{ChildId: aws.String(child)})
		w.must(err)
		if len(parents.Parents) != 1 || *parents.Parents[0].Id != *want.Id || parents.Parents[0].Type != want.Type {
			t.Errorf("above %s: %+v", child, parents.Parents)
		}
	}
	one, err := client.DescribeAccount(t.Context(), &awsorganizations.DescribeAccountInput{AccountId: aws.String("500000000000")})
	w.must(err)
	if one.Account.State != "SUSPENDED" || *one.Account.Email != "500000000000@example.com" {
		t.Errorf("%+v", one.Account)
	}
}

func TestOrganizationRefusals(t *testing.T) {
	w := withOrganization(t, awssim.Settings{})
	client := w.organizations(homeRoot)
	_, err := client.DescribeAccount(t.Context(), &awsorganizations.DescribeAccountInput{AccountId: aws.String("999999999999")})
	wantCode(t, err, "AccountNotFoundException")
	_, err = client.ListAccountsForParent(t.Context(), &awsorganizations.ListAccountsForParentInput{ParentId: aws.String("ou-sim1-zzzzzzzz")})
	wantCode(t, err, "ParentNotFoundException")
	_, err = client.ListParents(t.Context(), &awsorganizations.ListParentsInput{ChildId: aws.String("ou-sim1-zzzzzzzz")})
	wantCode(t, err, "ChildNotFoundException")
	_, err = client.ListAccounts(t.Context(), &awsorganizations.ListAccountsInput{MaxResults: aws.Int32(21)})
	wantCode(t, err, "InvalidInputException")
	_, err = client.ListAccounts(t.Context(), &awsorganizations.ListAccountsInput{NextToken: aws.String("x")})
	wantCode(t, err, "InvalidInputException")
	outsider := w.organizations(foreignRoot)
	_, err = outsider.ListAccounts(t.Context(), &awsorganizations.ListAccountsInput{})
	wantCode(t, err, "AWSOrganizationsNotInUseException")
	w.must(w.Organizations.AddAccount(organizationAccount(foreign)))
	_, err = outsider.ListAccounts(t.Context(), &awsorganizations.ListAccountsInput{})
	wantCode(t, err, "AccessDeniedException")
	w.Organizations.Delegate(foreign)
	_, err = outsider.ListAccounts(t.Context(), &awsorganizations.ListAccountsInput{})
	wantCode(t, err, "")
}

func TestListRegions(t *testing.T) {
	w := withOrganization(t, awssim.Settings{})
	w.Account.Enable(home, "eu-south-1")
	w.Account.SetRegion(home, "af-south-1", account.Enabling)
	statuses := map[string]accounttypes.RegionOptStatus{}
	pager := awsaccount.NewListRegionsPaginator(w.account(homeRoot), &awsaccount.ListRegionsInput{MaxResults: aws.Int32(7)})
	for pager.HasMorePages() {
		page, err := pager.NextPage(t.Context())
		w.must(err)
		for _, r := range page.Regions {
			statuses[*r.RegionName] = r.RegionOptStatus
		}
	}
	for name, want := range map[string]accounttypes.RegionOptStatus{
		"eu-west-1": "ENABLED_BY_DEFAULT", "eu-south-1": "ENABLED", "af-south-1": "ENABLING", "me-south-1": "DISABLED",
	} {
		if statuses[name] != want {
			t.Errorf("%s is %q, want %q", name, statuses[name], want)
		}
	}
	some, err := w.account(homeRoot).ListRegions(t.Context(), &awsaccount.ListRegionsInput{
		AccountId: aws.String("500000000001"), RegionOptStatusContains: []accounttypes.RegionOptStatus{"DISABLED"}, MaxResults: aws.Int32(50),
	})
	w.must(err)
	if len(some.Regions) != 12 {
		t.Errorf("%d Regions are disabled, want 12", len(some.Regions))
	}
	_, err = w.account(foreignRoot).ListRegions(t.Context(), &awsaccount.ListRegionsInput{AccountId: aws.String(home)})
	wantCode(t, err, "AccessDeniedException")
	_, err = w.account(homeRoot).ListRegions(t.Context(), &awsaccount.ListRegionsInput{MaxResults: aws.Int32(51)})
	wantCode(t, err, "ValidationException")
}
