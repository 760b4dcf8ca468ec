package conformance

import (
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsorganizations "github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/organizations/types"

	"rekey/awssim/fleet"
)

func organizations() []fact {
	needs := []subject{organizationProfile}
	return []fact{
		{
			name: "ListsPageByTwenty", status: confirmed, needs: needs, source: "API model, MaxResults",
			check: func(x *trial) {
				_, err := x.reader().ListAccounts(x.ctx, &awsorganizations.ListAccountsInput{MaxResults: aws.Int32(21)})
				x.refused(err, "InvalidInputException")
			},
		},
		{
			name: "PagesGoOnByToken", status: confirmed, needs: needs, source: "API_ListAccounts",
			check: func(x *trial) {
				seen := map[string]bool{}
				for _, a := range x.accounts(1) {
					seen[*a.Id] = true
				}
				if all := x.accounts(20); len(seen) != len(all) {
					x.Errorf("%d accounts one by one, %d of them at once", len(seen), len(all))
				}
			},
		},
		{
			name: "AccountsHaveAState", status: confirmed, needs: needs, source: "API_Account, State",
			check: func(x *trial) {
				for _, a := range x.accounts(20) {
					if a.State == "" {
						x.Errorf("%s", text(a))
					}
				}
			},
		},
		{
			name: "AccountsForParentAreTheDirectOnes", status: confirmed, needs: needs, source: "API_ListAccountsForParent",
			check: directAccounts,
		},
		{
			name: "AccountHasOneParent", status: confirmed, needs: needs, source: "API_ListParents",
			check: func(x *trial) {
				for _, a := range x.accounts(20) {
					out, err := x.reader().ListParents(x.ctx, &awsorganizations.ListParentsInput{ChildId: a.Id})
					x.must(err)
					if len(out.Parents) != 1 {
						x.Errorf("%s has %d parents", *a.Id, len(out.Parents))
					}
				}
			},
		},
		{
			name: "RootHasNoParent", status: confirmed, needs: needs, source: "API_ListParents, ChildId: don't specify a root",
			check: func(x *trial) {
				roots, err := x.reader().ListRoots(x.ctx, &awsorganizations.ListRootsInput{})
				x.must(err)
				_, err = x.reader().ListParents(x.ctx, &awsorganizations.ListParentsInput{ChildId: roots.Roots[0].Id})
				x.refused(err, "InvalidInputException")
			},
		},
		{
			name: "MissingUnitIsParentNotFound", status: confirmed, needs: needs, source: "API_ListAccountsForParent, errors",
			check: func(x *trial) {
				roots, err := x.reader().ListRoots(x.ctx, &awsorganizations.ListRootsInput{})
				x.must(err)
				nobodys := "ou-" + strings.TrimPrefix(*roots.Roots[0].Id, "r-") + "-00000000"
				_, err = x.reader().ListAccountsForParent(x.ctx, &awsorganizations.ListAccountsForParentInput{ParentId: &nobodys})
				x.refused(err, "ParentNotFoundException")
			},
		},
		{
			name: "MemberAccountsMayNotList", status: confirmed, needs: needs, source: "API_ListAccounts: the management account or a delegated administrator",
			check: func(x *trial) {
				_, err := x.caller.organizations.ListAccounts(x.ctx, &awsorganizations.ListAccountsInput{})
				x.refused(err, accessDenied)
			},
		},
		{
			name: "AccountsHaveAStatus", status: unconfirmed, needs: needs, source: "API_Account: Status is retired on 2026-09-09",
			question: worldSwitch("account_status", func(w *fleet.World) *bool { return &w.AccountStatus }),
			ask:      func(x *trial) bool { return x.accounts(20)[0].Status != "" },
		},
		{
			name: "FirstPageIsEmptyWithAToken", status: unconfirmed, needs: needs, source: "API_ListAccounts: a page may be empty while there are more",
			question: worldSwitch("empty_pages", func(w *fleet.World) *bool { return &w.EmptyPages }),
			ask: func(x *trial) bool {
				out, err := x.reader().ListAccounts(x.ctx, &awsorganizations.ListAccountsInput{})
				x.must(err)
				return len(out.Accounts) == 0 && out.NextToken != nil
			},
		},
	}
}

// reader is a client that may read the organization.
func (x *trial) reader() *awsorganizations.Client {
	x.Helper()
	return x.profiled(x.id(organizationProfile)).organizations
}

func (x *trial) accounts(limit int32) []types.Account {
	x.Helper()
	var all []types.Account
	pages := awsorganizations.NewListAccountsPaginator(x.reader(), &awsorganizations.ListAccountsInput{MaxResults: &limit})
	for pages.HasMorePages() {
		page, err := pages.NextPage(x.ctx)
		x.must(err)
		all = append(all, page.Accounts...)
	}
	return all
}

// directAccounts expects that the accounts of the root and of its units are fewer than there are: those of units below
// units are listed by their own parent only.
func directAccounts(x *trial) {
	client := x.reader()
	roots, err := client.ListRoots(x.ctx, &awsorganizations.ListRootsInput{})
	x.must(err)
	direct := map[string]bool{}
	pages := awsorganizations.NewListAccountsForParentPaginator(client, &awsorganizations.ListAccountsForParentInput{ParentId: roots.Roots[0].Id})
	for pages.HasMorePages() {
		page, err := pages.NextPage(x.ctx)
		x.must(err)
		for _, a := range page.Accounts {
			direct[*a.Id] = true
		}
	}
	units, err := client.ListOrganizationalUnitsForParent(x.ctx, &awsorganizations.ListOrganizationalUnitsForParentInput{ParentId: roots.Roots[0].Id})
	x.must(err)
	if len(units.OrganizationalUnits) > 0 && len(direct) == len(x.accounts(20)) {
		x.Error("the root's accounts are all that there are, although it has units")
	}
}
