package aws

import (
	"testing"

	"rekey/workflows"
)

func TestARNs(t *testing.T) {
	cell := workflows.Cell{Account: "111122223333", Region: "cn-north-1"}
	access := &Access{role: "ops/rekey-member"}
	for got, want := range map[string]string{
		access.MemberRole(cell):                                     "arn:aws-cn:iam::111122223333:role/ops/rekey-member",
		CanaryARN(cell, "shop"):                                     "arn:aws-cn:synthetics:cn-north-1:111122223333:canary:shop",
		Partition("us-gov-west-1"):                                  "aws-us-gov",
		Partition("us-isob-east-1"):                                 "aws-iso-b",
		Partition("eusc-de-east-1"):                                 "aws-eusc",
		Partition("eu-west-1"):                                      "aws",
		KeyRegion("arn:aws:kms:eu-west-2:1:key/x", "eu-west-1"):     "eu-west-2",
		KeyAccount("arn:aws:kms:eu-west-2:444455556666:key/a:b"):    "444455556666",
		KeyAccount("not an ARN") + KeyRegion("alias/x", "fallback"): "fallback",
	} {
		if got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

func TestSameKey(t *testing.T) {
	const arn = "arn:aws:kms:eu-west-1:111122223333:key/1234"
	for key, want := range map[string]bool{arn: true, "1234": true, "234": false, "": false, arn + "5": false} {
		if got := SameKey(key, arn); got != want {
			t.Errorf("%q: got %v", key, got)
		}
	}
	if SameKey("", "") {
		t.Error("no key is no key's")
	}
}

func TestBucketRegion(t *testing.T) {
	for constraint, want := range map[string]string{
		"": "us-east-1", "EU": "eu-west-1", "eu-central-1": "eu-central-1",
	} {
		if got := BucketRegion(constraint); got != want {
			t.Errorf("%q: got %s, want %s", constraint, got, want)
		}
	}
}
