package proof

import (
	"testing"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"rekey/workflows"
)

func TestEncryption(t *testing.T) {
	const (
		key     = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
		other   = "arn:aws:kms:eu-west-1:111122223333:key/00000000-12ab-34cd-56ef-1234567890ab"
		managed = "arn:aws:kms:eu-west-1:111122223333:key/99999999-12ab-34cd-56ef-1234567890ab"
	)
	wantKey := workflows.Encryption{Mode: workflows.SSEKMS, KeyARN: key}
	wantDefault := workflows.Encryption{Mode: workflows.AWSManaged}
	wantS3 := workflows.Encryption{Mode: workflows.SSES3}
	for name, test := range map[string]struct {
		why   string
		mode  types.ServerSideEncryption
		key   string
		want  workflows.Encryption
		right bool
	}{
		"the key":           {"", "aws:kms", key, wantKey, true},
		"the key by its id": {"S3's reference speaks of ids", "aws:kms", "1234abcd-12ab-34cd-56ef-1234567890ab", wantKey, true},
		"another key":       {"", "aws:kms", other, wantKey, false},
		"the default's key": {"", "aws:kms", managed, wantKey, false},
		"S3 for the key":    {"", "AES256", "", wantKey, false},
		"default":           {"", "aws:kms", managed, wantDefault, true},
		"a key for default": {"aws:kms alone is not the default", "aws:kms", key, wantDefault, false},
		"S3":                {"", "AES256", "", wantS3, true},
		"a key for S3":      {"", "aws:kms", key, wantS3, false},
		"dual-layer":        {"no canary asks for it", "aws:kms:dsse", key, wantKey, false},
		"KMS without a key": {"", "aws:kms", "", wantKey, false},
		"nothing":           {"", "", "", wantS3, false},
		"the end of the id": {"half an id is no id", "aws:kms", "1234567890ab", wantKey, false},
	} {
		t.Run(name, func(t *testing.T) {
			head := &s3.HeadObjectOutput{ServerSideEncryption: test.mode}
			if test.key != "" {
				head.SSEKMSKeyId = awssdk.String(test.key)
			}
			if got := encryption(head, test.want, managed); (got == test.want) != test.right {
				t.Errorf("%s: got %v for wanted %v", test.why, got, test.want)
			}
		})
	}
}

func TestSplit(t *testing.T) {
	for location, want := range map[string][2]string{
		"bucket/shop/2026/11/23/12/00-00-000":  {"bucket", "shop/2026/11/23/12/00-00-000/"},
		"bucket/shop/2026/11/23/12/00-00-000/": {"bucket", "shop/2026/11/23/12/00-00-000/"},
		"bucket":                               {"bucket", ""},
		"":                                     {"", ""},
	} {
		if bucket, prefix := split(location); bucket != want[0] || prefix != want[1] {
			t.Errorf("%q: got %q, %q", location, bucket, prefix)
		}
	}
}

func TestWroteTo(t *testing.T) {
	for name, test := range map[string]struct {
		location, run string
		want          bool
	}{
		"there":                           {"bucket/shop", "bucket/shop/2026/11/23/12/00-00-000", true},
		"a slash at the end":              {"bucket/shop/", "bucket/shop/2026/11/23/12/00-00-000", true},
		"a whole bucket":                  {"bucket", "bucket/2026/11/23/12/00-00-000", true},
		"a replica's":                     {"bucket/shop", "bucket/shop/2026/11/23/12/us-east-1/00-00-000", true},
		"the location of before, below":   {"bucket", "bucket/shop/2026/11/23/12/00-00-000", false},
		"below, with a year for its name": {"bucket", "bucket/2026/shop/2026/11/23/12/00-00-000", false},
		"beside":                          {"bucket/shop", "bucket/shop-2/2026/11/23/12/00-00-000", false},
		"another bucket":                  {"bucket", "bucket-2/2026/11/23/12/00-00-000", false},
		"no folder of a run":              {"bucket/shop", "bucket/shop", false},
	} {
		if got := wroteTo(test.location, test.run); got != test.want {
			t.Errorf("%s: got %v", name, got)
		}
	}
}
