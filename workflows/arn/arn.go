// Package arn reads ARNs and S3 locations, strictly: what it accepts has the parts that it says.
package arn

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
)

// ARN is the name of an AWS resource. Region and Account are empty for services that have none.
type ARN struct {
	Partition, Service, Region, Account, Resource string
}

// maxLen is how long the longest ARN that an API here takes may be (Synthetics API, KmsKeyArn: 2,048).
const maxLen = 2048

// Parse reads an ARN of the form arn:partition:service:region:account:resource; the resource may have colons.
func Parse(s string) (ARN, error) {
	parts := strings.SplitN(s, ":", 6)
	switch {
	case len(s) > maxLen:
		return ARN{}, fmt.Errorf("an ARN has at most %d characters", maxLen)
	case len(parts) < 6 || parts[0] != "arn":
		return ARN{}, errors.New("an ARN has the form arn:partition:service:region:account:resource")
	case !strings.HasPrefix(parts[1], "aws"):
		return ARN{}, fmt.Errorf("%q is no partition", parts[1])
	case parts[2] == "" || parts[5] == "":
		return ARN{}, errors.New("an ARN names a service and a resource")
	}
	return ARN{Partition: parts[1], Service: parts[2], Region: parts[3], Account: parts[4], Resource: parts[5]}, nil
}

// String is the ARN as it is written.
func (a ARN) String() string {
	return strings.Join([]string{"arn", a.Partition, a.Service, a.Region, a.Account, a.Resource}, ":")
}

// Account is the account of an ARN, empty when it is none.
func Account(s string) string {
	a, _ := Parse(s)
	return a.Account
}

// Region is the Region of an ARN, empty when it is none.
func Region(s string) string {
	a, _ := Parse(s)
	return a.Region
}

// keyPattern is Synthetics' own of KmsKeyArn (Synthetics API model): aliases and bare ids don't fit.
var keyPattern = regexp.MustCompile(`^arn:(aws[a-zA-Z-]*)?:kms:[a-z]{2,4}(-[a-z]{2,4})?-[a-z]+-\d:\d{12}:key/[\w\-/]+$`)

// IsKey reports whether s is the ARN of a KMS key, as Synthetics takes it.
func IsKey(s string) bool { return len(s) <= maxLen && keyPattern.MatchString(s) }

// IsAlias reports whether s is the ARN of a KMS alias.
func IsAlias(s string) bool {
	a, err := Parse(s)
	return err == nil && a.Service == "kms" && strings.HasPrefix(a.Resource, "alias/")
}

// RoleName is the name of a role without its path, empty when s is not the ARN of a role.
func RoleName(s string) string {
	a, err := Parse(s)
	if err != nil || a.Service != "iam" || !strings.HasPrefix(a.Resource, "role/") {
		return ""
	}
	return a.Resource[strings.LastIndex(a.Resource, "/")+1:]
}
