// Package denial recognizes missing permission in the texts with which AWS ends a canary's run.
package denial

import "strings"

// words begin the texts of S3 and KMS that speak of missing permission. They are not documented: "Access Denied" is
// S3's, as the CloudWatch User Guide's troubleshooting quotes it; the others are the SDKs' names of the same.
var words = []string{"accessdenied", "notauthorized", "kms.", "kms:"}

// NamesAccess reports whether a run's reason speaks of missing permission.
func NamesAccess(reason string) bool {
	reason = strings.ToLower(strings.ReplaceAll(reason, " ", ""))
	for _, word := range words {
		if strings.Contains(reason, word) {
			return true
		}
	}
	return false
}
