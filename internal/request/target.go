package request

import (
	"fmt"
	"strings"

	rekeyv1 "rekey/gen/rekey/v1"
)

// Target says what canaries are to have, as it is given on a command line.
type Target struct {
	// To is "sse-s3" or "aws-managed". Empty with a key, or to keep each canary's encryption.
	To string
	// Keys are key ARNs, one per Region.
	Keys []string
	// Alias is an alias in each canary's account; Template a key or alias ARN with {account} and {region} in it.
	Alias, Template string
	// Location is a new artifact location, "s3://bucket/prefix".
	Location string
}

// Message is the target as the API takes it.
func (t Target) Message() (*rekeyv1.Target, error) {
	out := &rekeyv1.Target{KmsKeyArns: t.Keys, KmsAlias: t.Alias, KmsKeyTemplate: t.Template, ArtifactLocation: t.Location}
	keyed := len(t.Keys) > 0 || t.Alias != "" || t.Template != ""
	to := strings.ToLower(t.To)
	switch {
	case keyed && to != "" && to != "sse-kms":
		return nil, fmt.Errorf("--to %s takes no key: leave out --to, or the key", t.To)
	case keyed:
		out.Mode = rekeyv1.EncryptionMode_ENCRYPTION_MODE_SSE_KMS
	case to == "sse-kms":
		return nil, fmt.Errorf("name the key of --to sse-kms by --to-key, --to-alias or --to-key-template")
	case to != "":
		modes, err := Enum[rekeyv1.EncryptionMode](to)
		if err != nil {
			return nil, fmt.Errorf("--to: %w", err)
		}
		out.Mode = modes[0]
	}
	if out.GetMode() == 0 && t.Location == "" {
		return nil, fmt.Errorf("say what canaries are to have: --to-key, --to-alias, --to-key-template, --to sse-s3, --to aws-managed, --location, or a spec with -f")
	}
	return out, nil
}
