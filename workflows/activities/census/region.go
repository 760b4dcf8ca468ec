package census

import (
	"context"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/account"

	"rekey/workflows"
	"rekey/workflows/aws"
	"rekey/workflows/aws/regions"
	"rekey/workflows/failure"
)

// unread ends a census whose canaries can't be listed.
//
// In a Region that is not enabled AWS does not say so: it does not recognize the account's credentials, by the code of the
// service's protocol (UnrecognizedClientException: github.com/epsagon/clear-lambda-storage issue 9), as it does not
// recognize those that are wrong anywhere. The account's own list of Regions tells the two apart; where that can't be had,
// the cell is only not reachable.
func (a *Activities) unread(ctx context.Context, cell workflows.Cell, err error) error {
	if aws.IsUnrecognized(err) {
		isDisabled, failed := a.isDisabled(ctx, cell)
		if failed != nil {
			return failed
		}
		if isDisabled {
			return failure.Refuse(disabled(cell))
		}
	}
	return failure.Classified(aws.Classify(call(cell, "synthetics:DescribeCanaries", ""), err))
}

// isDisabled reports whether the account says that it has not enabled the cell's Region. An error is one that another attempt
// may mend: AWS bears 5 calls of ListRegions a second (Account Management, quotas), and an account may have more such Regions.
func (a *Activities) isDisabled(ctx context.Context, cell workflows.Cell) (bool, error) {
	names, err := regions.List(ctx, a.account(cell), regions.Disabled)
	if err != nil {
		if problem, retry := aws.Classify(call(cell, "account:ListRegions", ""), err); retry {
			return false, failure.Retry(problem, 0)
		}
	}
	return slices.Contains(names, cell.Region), nil
}

func (a *Activities) account(cell workflows.Cell) Account {
	home := workflows.Cell{Account: cell.Account, Region: aws.GlobalRegion(cell.Region)}
	return account.NewFromConfig(a.access.Config(home, "account"))
}

func disabled(cell workflows.Cell) *workflows.Problem {
	return &workflows.Problem{
		Reason:   workflows.RegionDisabled,
		Message:  fmt.Sprintf("Region %s is not enabled in account %s.", cell.Region, cell.Account),
		NextStep: "Nothing, if the account is to stay out of the Region. Otherwise enable it there, and create a migration for it.",
		Metadata: map[string]string{"account_id": cell.Account, "region": cell.Region},
	}
}
