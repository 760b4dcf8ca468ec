package demo

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	rekeyv1 "rekey/gen/rekey/v1"
)

// idLength is how much of an id is shown: enough to find it, not enough to need a second line.
const idLength = 8

// short is the beginning of an id.
func short(id string) string { return id[:min(len(id), idLength)] }

// shortKey is the beginning of a key's id: the meaningful end of its ARN.
func shortKey(arn string) string {
	_, id, found := strings.Cut(arn, ":key/")
	if !found {
		return arn
	}
	return short(id)
}

// name is what an ARN names: what stands behind its last slash or colon.
func name(arn string) string { return arn[strings.LastIndexAny(arn, "/:")+1:] }

// encryption is an encryption in a word or two.
func encryption(e *rekeyv1.Encryption) string {
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

// keyLegend tells what the shortened key ids in the tables stand for, and whose keys they are.
func keyLegend(canaries []*rekeyv1.Canary, accounts map[string]string) string {
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
		fmt.Fprintf(&text, "  %s  %s  (%s)\n", shortKey(arn), arn, accounts[strings.Split(arn, ":")[4]])
	}
	return text.String()
}
