package selection

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/organizations"

	"rekey/workflows/aws/regions"
)

// Organizations is what a selection asks of AWS Organizations, with the worker's own credentials. Only the management
// account and delegated administrators may ask it (Organizations API, each of these operations).
type Organizations interface {
	ListRoots(context.Context, *organizations.ListRootsInput, ...func(*organizations.Options)) (*organizations.ListRootsOutput, error)
	ListParents(context.Context, *organizations.ListParentsInput, ...func(*organizations.Options)) (*organizations.ListParentsOutput, error)
	ListOrganizationalUnitsForParent(context.Context, *organizations.ListOrganizationalUnitsForParentInput, ...func(*organizations.Options)) (*organizations.ListOrganizationalUnitsForParentOutput, error)
	ListAccountsForParent(context.Context, *organizations.ListAccountsForParentInput, ...func(*organizations.Options)) (*organizations.ListAccountsForParentOutput, error)
}

// Account is what a selection asks of AWS Account Management in each account.
type Account interface {
	regions.Lister
}
