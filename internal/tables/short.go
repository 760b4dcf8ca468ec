package tables

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	rekeyv1 "rekey/gen/rekey/v1"
)

// idLength is how much of an id is shown: enough to find it, not enough to need a second line.
const idLength = 8

// Short is the beginning of an id.
func Short(id string) string { return id[:min(len(id), idLength)] }

// shortKey is the beginning of a key's id: the meaningful end of its ARN.
func shortKey(arn string) string {
	_, id, found := strings.Cut(arn, ":key/")
	if !found {
		return arn
	}
	return Short(id)
}

// name is what an ARN names: what stands behind its last slash or colon.
func name(arn string) string { return arn[strings.LastIndexAny(arn, "/:")+1:] }

// Encryption is an encryption in a word or two.
func Encryption(e *rekeyv1.Encryption) string {
	switch e.GetMode() {
	case rekeyv1.EncryptionMode_ENCRYPTION_MODE_AWS_MANAGED:
		return "AWS managed"
	case rekeyv1.EncryptionMode_ENCRYPTION_MODE_SSE_S3:
		return "SSE-S3"
	case rekeyv1.EncryptionMode_ENCRYPTION_MODE_SSE_KMS:
		return "KMS " + shortKey(e.GetKmsKeyArn())
	default:
		return ""
	}
}

// Accounts are the names of accounts by id. One that has none is called by its id.
type Accounts map[string]string

func (a Accounts) name(id string) string {
	if name := a[id]; name != "" {
		return name
	}
	return id
}

// owner is whose key an ARN names.
func (a Accounts) owner(arn string) string {
	if fields := strings.Split(arn, ":"); len(fields) > 4 {
		return a.name(fields[4])
	}
	return ""
}

// destination is what a canary is to have: its encryption and, where that changes, its artifact location.
func destination(c *rekeyv1.Canary) string {
	to := Encryption(c.GetTo())
	if l := c.GetToArtifactLocation(); l != "" && l != c.GetArtifactLocation() {
		return strings.TrimSpace(to + "\nin " + l)
	}
	return to
}

// KeyLegend tells what the shortened key ids in the tables stand for, and whose keys they are.
func KeyLegend(canaries []*rekeyv1.Canary, accounts Accounts) string {
	keys := map[string]bool{}
	for _, c := range canaries {
		for _, e := range []*rekeyv1.Encryption{c.GetFrom(), c.GetTo()} {
			if arn := e.GetKmsKeyArn(); arn != "" {
				keys[arn] = true
			}
		}
	}
	var text strings.Builder
	for _, arn := range slices.SortedFunc(maps.Keys(keys), func(a, b string) int {
		return strings.Compare(shortKey(a), shortKey(b))
	}) {
		fmt.Fprintf(&text, "  %s  %s  (%s)\n", shortKey(arn), arn, accounts.owner(arn))
	}
	return text.String()
}
