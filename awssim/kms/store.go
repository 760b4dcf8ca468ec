package kms

import (
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"sync"

	"rekey/awssim/identity"
	"rekey/awssim/policy"
)

// key is a Key with its policy parsed and its grants.
type key struct {
	arn    string
	secret [32]byte // what data keys are wrapped with

	mu     sync.RWMutex
	key    Key
	policy *policy.Policy
	grants grants
}

// keyARN is the pattern of a key's ARN, with the Region, the account and the id.
var keyARN = regexp.MustCompile(`^arn:aws[a-z-]*:kms:([a-z0-9-]+):(\d{12}):key/([A-Za-z0-9-]+)$`)

func (s *Service) newKey(k Key) (*key, error) {
	m := keyARN.FindStringSubmatch(k.ARN)
	if m == nil {
		return nil, errors.New("not a key's ARN")
	}
	k.Region, k.Account = m[1], m[2]
	k.setState(orElse(k.State, "Enabled"), s.Clock.Now())
	k.Spec = orElse(k.Spec, "SYMMETRIC_DEFAULT")
	k.Usage = orElse(k.Usage, "ENCRYPT_DECRYPT")
	k.Manager = orElse(k.Manager, "CUSTOMER")
	k.Policy = orElse(k.Policy, DefaultPolicy(k.Account))
	if k.Created.IsZero() {
		k.Created = s.Clock.Now()
	}
	parsed, err := policy.Parse(k.Policy, policy.Key)
	if err != nil {
		return nil, fmt.Errorf("policy: %w", err)
	}
	for _, a := range k.Aliases {
		if !strings.HasPrefix(a, "alias/") {
			return nil, fmt.Errorf("alias %q has no alias/ in front", a)
		}
	}
	built := &key{arn: k.ARN, key: k, policy: parsed}
	_, _ = rand.Read(built.secret[:]) // never fails (crypto/rand)
	return built, nil
}

func orElse(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}

// DefaultPolicy is the key policy that delegates to the account (AWS KMS Developer Guide, default key policy).
func DefaultPolicy(account string) string {
	return `{"Version":"2012-10-17","Id":"key-default-1","Statement":[{"Sid":"Enable IAM User Permissions",` +
		`"Effect":"Allow","Principal":{"AWS":"` + identity.Root(account).ARN + `"},"Action":"kms:*","Resource":"*"}]}`
}

// ManagedS3KeyARN is the ARN that an account's aws/s3 key in a Region has, or would have.
func ManagedS3KeyARN(account, region string) string {
	sum := sha256.Sum256([]byte("aws/s3 " + account + " " + region))
	id := fmt.Sprintf("%x-%x-%x-%x-%x", sum[:4], sum[4:6], sum[6:8], sum[8:10], sum[10:16])
	return "arn:aws:kms:" + region + ":" + account + ":key/" + id
}

// managedS3Key is an aws/s3 key: every principal of the account may use it through S3, nobody else and not
// otherwise (AWS KMS Developer Guide, AWS managed keys).
func managedS3Key(account, region string) Key {
	return Key{
		ARN: ManagedS3KeyARN(account, region), Manager: "AWS", Aliases: []string{"alias/aws/s3"},
		Policy: `{"Version":"2012-10-17","Id":"auto-s3-2","Statement":[{` +
			`"Sid":"Allow access through S3 for all principals in the account that are authorized to use S3",` +
			`"Effect":"Allow","Principal":{"AWS":"*"},"Action":["kms:Encrypt","kms:Decrypt","kms:ReEncrypt*",` +
			`"kms:GenerateDataKey*","kms:DescribeKey"],"Resource":"*","Condition":{"StringEquals":{` +
			`"kms:CallerAccount":"` + account + `","kms:ViaService":"s3.` + region + `.amazonaws.com"}}},{` +
			`"Sid":"Allow direct access to key metadata to the account","Effect":"Allow","Principal":{"AWS":"` +
			identity.Root(account).ARN + `"},"Action":["kms:Describe*","kms:Get*","kms:List*","kms:RevokeGrant"],` +
			`"Resource":"*"}]}`,
	}
}
