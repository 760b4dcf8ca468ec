package access

import (
	"context"
	"fmt"
	"slices"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"rekey/workflows"
	"rekey/workflows/aws"
	"rekey/workflows/failure"
)

// maxAccounts is how many accounts beside its own a survey reads the roles of. Every cell's survey reads them anew, so
// more would be an account's worth of IAM calls for each cell of the migration; those beyond it count as not read.
const maxAccounts = 20

// roles reads the roles of the cell's account, once. They are global, and told together with their policies.
func (v *view) roles(ctx context.Context) (*people, error) {
	if known := v.people[v.cell.Account]; known != nil {
		return known, nil
	}
	found, problem, retry := v.readRoles(ctx, v.cell)
	if problem != nil && (retry || problem.Reason == workflows.CellNotReachable || problem.Reason == workflows.Internal) {
		return nil, failure.Classified(problem, retry)
	}
	v.people[v.cell.Account] = found
	return found, nil
}

// rolesOf reads the roles of any account, once. An account that the migration does not select has none that are known. One
// that can't be entered, or that goes on failing, does not keep the cell from being planned: it is unread.
func (v *view) rolesOf(ctx context.Context, account string) (*people, error) {
	if account == v.cell.Account {
		return v.roles(ctx)
	}
	if known := v.people[account]; known != nil {
		return known, nil
	}
	switch {
	case !slices.Contains(v.selected, account):
		return &people{}, nil
	case len(v.people) > maxAccounts:
		return &people{unread: &workflows.Problem{Message: fmt.Sprintf("the roles of %d accounts were read already", maxAccounts)}}, nil
	}
	found, problem, retry := v.readRoles(ctx, workflows.Cell{Account: account, Region: v.cell.Region})
	if awaits(problem, retry, isPatient(ctx)) {
		return nil, failure.Retry(problem, 0)
	}
	v.people[account] = found
	return found, nil
}

// readRoles are the roles of a cell's account, or why they can't be read and whether another attempt may help.
func (v *view) readRoles(ctx context.Context, cell workflows.Cell) (found *people, problem *workflows.Problem, retry bool) {
	found = &people{byARN: map[string]*person{}}
	details, managed, err := details(ctx, v.a.iam(cell))
	if err != nil {
		problem, retry = aws.Classify(aws.Call{Operation: "iam:GetAccountAuthorizationDetails", Resource: cell.Account, Cell: cell}, err)
		found.unread = problem
	}
	for _, d := range details {
		role := read(d, managed)
		found.byARN[role.arn] = role
	}
	return found, problem, retry
}

func details(ctx context.Context, api IAM) ([]types.RoleDetail, map[string]string, error) {
	var roles []types.RoleDetail
	managed := map[string]string{} // documents by ARN
	pages := iam.NewGetAccountAuthorizationDetailsPaginator(api, &iam.GetAccountAuthorizationDetailsInput{
		Filter:   []types.EntityType{types.EntityTypeRole, types.EntityTypeLocalManagedPolicy, types.EntityTypeAWSManagedPolicy},
		MaxItems: awssdk.Int32(1000),
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, nil, err
		}
		roles = append(roles, page.RoleDetailList...)
		for _, p := range page.Policies {
			for _, version := range p.PolicyVersionList {
				if version.IsDefaultVersion {
					managed[awssdk.ToString(p.Arn)] = awssdk.ToString(version.Document)
				}
			}
		}
	}
	return roles, managed, nil
}
