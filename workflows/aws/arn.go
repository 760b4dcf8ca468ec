package aws

import (
	"cmp"
	"strings"

	"rekey/workflows"
)

// Partition is the partition of a Region, the second field of its ARNs, after the SDK's table of partitions
// (aws-sdk-go-v2, internal/endpoints/awsrulesfn/partitions.json). Unknown Regions are taken for commercial ones.
func Partition(region string) string {
	for _, p := range []struct{ prefix, partition string }{
		{"cn-", "aws-cn"},
		{"us-gov-", "aws-us-gov"},
		{"us-iso-", "aws-iso"},
		{"us-isob-", "aws-iso-b"},
		{"eu-isoe-", "aws-iso-e"},
		{"us-isof-", "aws-iso-f"},
		{"eusc-", "aws-eusc"},
	} {
		if strings.HasPrefix(region, p.prefix) {
			return p.partition
		}
	}
	return "aws"
}

// GlobalRegion is the Region in which services that are not Regional are called for a Region's partition.
func GlobalRegion(region string) string {
	switch Partition(region) {
	case "aws-cn":
		return "cn-northwest-1"
	case "aws-us-gov":
		return "us-gov-west-1"
	default:
		return "us-east-1"
	}
}

// CanaryARN is the ARN of a canary (Synthetics API, TagResource, ResourceArn).
func CanaryARN(cell workflows.Cell, name string) string {
	return "arn:" + Partition(cell.Region) + ":synthetics:" + cell.Region + ":" + cell.Account + ":canary:" + name
}

// KeyRegion is the Region of a KMS key's ARN, or fallback where the ARN has none.
func KeyRegion(keyARN, fallback string) string {
	return cmp.Or(field(keyARN, 3), fallback)
}

// KeyAccount is the account of a KMS key's ARN, empty where the ARN has none.
func KeyAccount(keyARN string) string { return field(keyARN, 4) }

func field(arn string, i int) string {
	fields := strings.SplitN(arn, ":", 6)
	if len(fields) < 6 {
		return ""
	}
	return fields[i]
}

// SameKey reports whether S3's name of a key is the key of that ARN. S3 answers with the ARN; its reference speaks
// of the id, so that is understood too.
func SameKey(key, arn string) bool {
	if key == "" || arn == "" {
		return false
	}
	return key == arn || !strings.Contains(key, ":") && strings.HasSuffix(arn, "/"+key)
}

// BucketRegion is the Region of a bucket's location constraint: none means us-east-1, EU means eu-west-1 (S3 API,
// GetBucketLocation).
func BucketRegion(constraint string) string {
	switch constraint {
	case "":
		return "us-east-1"
	case "EU":
		return "eu-west-1"
	default:
		return constraint
	}
}
