// Package canaries reads CloudWatch Synthetics' canaries as the settings of the contract, and compares them. It
// decides nothing about migrations.
package canaries

import (
	"context"
	"time"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/synthetics"
	"github.com/aws/aws-sdk-go-v2/service/synthetics/types"
	"github.com/aws/smithy-go/middleware"

	"rekey/workflows/aws"
)

// Lister lists the canaries of a cell, whole.
type Lister interface {
	DescribeCanaries(context.Context, *synthetics.DescribeCanariesInput, ...func(*synthetics.Options)) (*synthetics.DescribeCanariesOutput, error)
}

// Getter reads one canary.
type Getter interface {
	GetCanary(context.Context, *synthetics.GetCanaryInput, ...func(*synthetics.Options)) (*synthetics.GetCanaryOutput, error)
}

// List is every canary of the cell that api reads, in AWS's order. The error is the SDK's.
func List(ctx context.Context, api Lister) ([]types.Canary, error) {
	all, _, err := Dated(ctx, api)
	return all, err
}

// Dated is List with AWS's date of the first page, zero where that had none.
func Dated(ctx context.Context, api Lister) ([]types.Canary, time.Time, error) {
	var all []types.Canary
	var date time.Time
	pages := synthetics.NewDescribeCanariesPaginator(api, &synthetics.DescribeCanariesInput{})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, date, err
		}
		if date.IsZero() {
			date, _ = aws.ServerTime(page.ResultMetadata)
		}
		all = append(all, page.Canaries...)
	}
	return all, date, nil
}

// Get is the canary of a name as it is now. The error is the SDK's; for a missing canary it has no type of its
// own (aws.IsMissing tells it).
func Get(ctx context.Context, api Getter, name string) (types.Canary, error) {
	canary, _, err := Look(ctx, api, name)
	return canary, err
}

// Look is Get with what is known of the answer beside the canary, such as its date.
func Look(ctx context.Context, api Getter, name string) (types.Canary, middleware.Metadata, error) {
	out, err := api.GetCanary(ctx, &synthetics.GetCanaryInput{Name: awssdk.String(name)})
	if err != nil {
		return types.Canary{}, middleware.Metadata{}, err
	}
	if out.Canary == nil {
		return types.Canary{}, out.ResultMetadata, nil
	}
	return *out.Canary, out.ResultMetadata, nil
}
