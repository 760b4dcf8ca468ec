package selection

import (
	"context"
	"slices"
	"strings"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/organizations/types"

	"rekey/workflows"
)

// tree reads parts of an organization, each once. Its calls are made one after the other: Organizations throttles all
// callers of an organization together.
//
// Pages may be empty and have a token (Organizations API, each list operation); the SDK's paginators go on until there is
// none. They have 20 entries, which is the most (Organizations API, MaxResults).
type tree struct {
	api     Organizations
	parents map[string]string // of units
	walked  map[string]bool
	members map[string]member
}

// read reads what lies below the containers that the selection names.
func (t *tree) read(ctx context.Context, in workflows.ResolveSelectionInput) error {
	t.parents, t.walked, t.members = map[string]string{}, map[string]bool{}, map[string]member{}
	containers := in.OUs
	if in.Organization {
		roots, err := t.roots(ctx)
		if err != nil {
			return err
		}
		containers = roots // everything is below them
	}
	for _, id := range containers {
		if t.walked[id] {
			continue
		}
		above, err := t.above(ctx, id)
		if err != nil {
			return err
		}
		if err := t.walk(ctx, id, above); err != nil {
			return err
		}
	}
	return nil
}

func (t *tree) roots(ctx context.Context) ([]string, error) {
	var ids []string
	pages := organizations.NewListRootsPaginator(t.api, &organizations.ListRootsInput{})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, unresolved("ListRoots", "", err)
		}
		for _, root := range page.Roots {
			ids = append(ids, awssdk.ToString(root.Id))
		}
	}
	return ids, nil
}

// above are the containers above a unit, the nearest first; none above a root.
func (t *tree) above(ctx context.Context, id string) ([]string, error) {
	var above []string
	for !strings.HasPrefix(id, "r-") {
		parent, err := t.parent(ctx, id)
		if err != nil {
			return nil, err
		}
		if parent == "" || slices.Contains(above, parent) { // not in a tree: better a short answer than none at all
			break
		}
		above, id = append(above, parent), parent
	}
	return above, nil
}

// parent is the one parent that a unit has (Organizations API, ListParents).
func (t *tree) parent(ctx context.Context, id string) (string, error) {
	if known, ok := t.parents[id]; ok {
		return known, nil
	}
	pages := organizations.NewListParentsPaginator(t.api, &organizations.ListParentsInput{ChildId: &id})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return "", unresolved("ListParents", id, err)
		}
		for _, p := range page.Parents {
			t.parents[id] = awssdk.ToString(p.Id)
		}
	}
	return t.parents[id], nil
}

// walk reads the accounts in a container and in all units below it: ListAccountsForParent tells only the container's own.
// An account that is moved meanwhile may be seen twice, which does no harm, or not at all: it is not migrated then.
func (t *tree) walk(ctx context.Context, id string, above []string) error {
	if t.walked[id] {
		return nil
	}
	t.walked[id] = true
	path := append([]string{id}, above...)
	if err := t.accounts(ctx, id, path); err != nil {
		return err
	}
	units, err := t.units(ctx, id)
	if err != nil {
		return err
	}
	for _, unit := range units {
		if err := t.walk(ctx, unit, path); err != nil {
			return err
		}
	}
	return nil
}

func (t *tree) accounts(ctx context.Context, id string, path []string) error {
	pages := organizations.NewListAccountsForParentPaginator(t.api, &organizations.ListAccountsForParentInput{ParentId: &id})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return unresolved("ListAccountsForParent", id, err)
		}
		for _, account := range page.Accounts {
			// Status is retired on 2026-09-09 (Organizations API, Account).
			t.members[awssdk.ToString(account.Id)] = member{above: path, active: account.State == types.AccountStateActive}
		}
	}
	return nil
}

func (t *tree) units(ctx context.Context, id string) ([]string, error) {
	var ids []string
	pages := organizations.NewListOrganizationalUnitsForParentPaginator(t.api, &organizations.ListOrganizationalUnitsForParentInput{ParentId: &id})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, unresolved("ListOrganizationalUnitsForParent", id, err)
		}
		for _, unit := range page.OrganizationalUnits {
			ids = append(ids, awssdk.ToString(unit.Id))
		}
	}
	return ids, nil
}
