// Package access surveys, gives and takes away the permission of canaries' roles on KMS keys.
package access

import (
	"github.com/aws/aws-sdk-go-v2/service/account"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/synthetics"

	"rekey/workflows"
	"rekey/workflows/aws"
	"rekey/workflows/failure"
)

// Activities deals with access.
type Activities struct {
	access   *aws.Access
	occupied occupied
}

// New is a dealer with access that enters accounts through access.
func New(access *aws.Access) *Activities { return &Activities{access, newOccupied()} }

// keys is KMS for a key, in the key's Region, called with the credentials of the cell's account: also for a key of
// another account. A grant that is issued from the canary's account suffices for a foreign key; that one issued
// from the key's account would is not documented (KMS Developer Guide, key-policy-modifying-external-accounts).
func (a *Activities) keys(cell workflows.Cell, keyARN string) keys {
	where := workflows.Cell{Account: cell.Account, Region: aws.KeyRegion(keyARN, cell.Region)}
	return keys{api: kms.NewFromConfig(a.access.Config(where, "kms")), cell: where, arn: keyARN}
}

func (a *Activities) synthetics(cell workflows.Cell) Synthetics {
	return synthetics.NewFromConfig(a.access.Config(cell, "synthetics"))
}

func (a *Activities) iam(cell workflows.Cell) IAM {
	return iam.NewFromConfig(a.access.Config(workflows.Cell{Account: cell.Account, Region: aws.GlobalRegion(cell.Region)}, "iam"))
}

func (a *Activities) objects(cell workflows.Cell) S3 {
	return s3.NewFromConfig(a.access.Config(cell, "s3"), func(o *s3.Options) {
		o.UsePathStyle = o.BaseEndpoint != nil // a simulated AWS has no virtual hosts
	})
}

func (a *Activities) account(cell workflows.Cell) Account {
	where := workflows.Cell{Account: cell.Account, Region: aws.GlobalRegion(cell.Region)}
	return account.NewFromConfig(a.access.Config(where, "account"))
}

// keys is KMS for one key.
type keys struct {
	api  KMS
	cell workflows.Cell // whose credentials are used, in the key's Region
	arn  string
}

func (k keys) call(operation string) aws.Call {
	return aws.Call{Operation: operation, Resource: k.arn, Cell: k.cell}
}

// classify ends an activity with an error of a call on the key.
func (k keys) classify(operation string, err error) error {
	return failure.Classified(aws.Classify(k.call(operation), err))
}

// isForeign reports whether the key belongs to another account than the canary.
func (k keys) isForeign() bool { return aws.KeyAccount(k.arn) != k.cell.Account }
