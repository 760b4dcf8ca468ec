package proof

import (
	"regexp"
	"strings"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"rekey/workflows"
	"rekey/workflows/aws"
)

// encryption is what an object carries. The default counts as such only where it is wanted, which is when the AWS
// managed key is known; otherwise its objects carry just another key.
func encryption(head *s3.HeadObjectOutput, want workflows.Encryption, managedKey string) workflows.Encryption {
	key := awssdk.ToString(head.SSEKMSKeyId)
	switch head.ServerSideEncryption {
	case types.ServerSideEncryptionAes256:
		return workflows.Encryption{Mode: workflows.SSES3}
	case types.ServerSideEncryptionAwsKms:
		switch {
		case want.Mode == workflows.AWSManaged && aws.SameKey(key, managedKey):
			return want
		case want.Mode == workflows.SSEKMS && aws.SameKey(key, want.KeyARN):
			return want
		}
		return workflows.Encryption{Mode: workflows.SSEKMS, KeyARN: key}
	default: // among them aws:kms:dsse, which no canary asks for
		return workflows.Encryption{Mode: workflows.Mode(head.ServerSideEncryption), KeyARN: key}
	}
}

// split is a run's location as bucket and prefix. The prefix ends in a slash, so that it takes in nothing beside.
func split(location string) (bucket, prefix string) {
	bucket, prefix, _ = strings.Cut(strings.TrimRight(location, "/"), "/")
	if prefix != "" {
		prefix += "/"
	}
	return bucket, prefix
}

// runFolder begins the path of a run below its canary's artifact location: the date on which it started (CloudWatch User
// Guide, EventBridge events: <location>/YYYY/MM/DD/HH/MM-SS-mmm).
var runFolder = regexp.MustCompile(`^[0-9]{4}/[0-9]{2}/[0-9]{2}(/|$)`)

// wroteTo reports whether a run wrote to a location, both as "bucket/prefix". That its folder lies somewhere below does not
// tell: the location of before may lie there too.
func wroteTo(location, run string) bool {
	below, ok := strings.CutPrefix(run, strings.TrimRight(location, "/")+"/")
	return ok && runFolder.MatchString(below)
}
