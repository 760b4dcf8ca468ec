// Package regions tells which Regions an account has enabled.
package regions

import (
	"context"
	"slices"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/account"
	"github.com/aws/aws-sdk-go-v2/service/account/types"
)

// Lister lists the Regions of the account whose credentials it has. AWS's answers name every Region of the partition, with
// what the account has made of it (Account Management API, ListRegions).
type Lister interface {
	ListRegions(context.Context, *account.ListRegionsInput, ...func(*account.Options)) (*account.ListRegionsOutput, error)
}

// Statuses of Regions (Account Management API, RegionOptStatus).
var (
	// Enabled are those of Regions that can be used.
	Enabled = []types.RegionOptStatus{types.RegionOptStatusEnabled, types.RegionOptStatusEnabledByDefault}
	// Occupied are those of Regions in which there may be something: one that is being enabled or disabled still may.
	Occupied = append(slices.Clip(Enabled), types.RegionOptStatusEnabling, types.RegionOptStatusDisabling)
	// Disabled are those of Regions that don't recognize the account: not yet (Account Management API, EnableRegion: "you
	// cannot use the Region until this process is complete"), or not any more.
	Disabled = []types.RegionOptStatus{
		types.RegionOptStatusDisabled, types.RegionOptStatusDisabling, types.RegionOptStatusEnabling,
	}
)

// List is the account's Regions that have one of the statuses, by name. The error is the SDK's.
func List(ctx context.Context, api Lister, statuses []types.RegionOptStatus) ([]string, error) {
	var names []string
	pages := account.NewListRegionsPaginator(api, &account.ListRegionsInput{RegionOptStatusContains: statuses})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, r := range page.Regions {
			names = append(names, awssdk.ToString(r.RegionName))
		}
	}
	slices.Sort(names)
	return names, nil
}
