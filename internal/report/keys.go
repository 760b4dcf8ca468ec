package report

import (
	"strings"

	rekeyv1 "rekey/gen/rekey/v1"
	"rekey/internal/tables"
)

// idLength is how much of a key's id is shown: enough to find it, not enough to need a second line.
const idLength = 8

// keys gives each key a short name, in the order in which they are met, and counts the canaries that leave it and come to
// it. A key ARN in each of ten thousand rows would hide what differs.
type keys struct {
	byARN map[string]*key
	taken map[string]bool
	list  []*key
}

// key is a row of the table of keys.
type key struct {
	Short, ARN    string
	Before, After int
}

func newKeys() *keys { return &keys{byARN: map[string]*key{}, taken: map[string]bool{}} }

// count notes the keys of a canary.
func (k *keys) count(c *rekeyv1.Canary) {
	if arn := c.GetFrom().GetKmsKeyArn(); arn != "" {
		k.named(arn).Before++
	}
	if arn := c.GetTo().GetKmsKeyArn(); arn != "" {
		k.named(arn).After++
	}
}

func (k *keys) named(arn string) *key {
	if found := k.byARN[arn]; found != nil {
		return found
	}
	made := &key{Short: k.short(arn), ARN: arn}
	k.byARN[arn], k.taken[made.Short] = made, true
	k.list = append(k.list, made)
	return made
}

// short is the first name that is still free: the beginning of the id; that with the key's Region and account, because the
// replicas of a multi-Region key share an id; the ARN.
func (k *keys) short(arn string) string {
	fields := strings.SplitN(arn, ":", 6)
	if len(fields) < 6 {
		return arn
	}
	id := strings.TrimPrefix(fields[5], "key/")
	length := idLength
	if strings.HasPrefix(id, "mrk-") {
		length += len("mrk-")
	}
	id = id[:min(len(id), length)]
	for _, name := range []string{id, id + " " + fields[3], id + " " + fields[3] + " " + fields[4]} {
		if !k.taken[name] {
			return name
		}
	}
	return arn
}

// encryption is an encryption in a word or two.
func (k *keys) encryption(e *rekeyv1.Encryption) string {
	if arn := e.GetKmsKeyArn(); arn != "" {
		return "KMS " + k.named(arn).Short
	}
	return plain(mode(e.GetMode()))
}

// encryption is an encryption with the whole ARN of its key.
func encryption(e *rekeyv1.Encryption) string {
	return plain(strings.TrimSpace(mode(e.GetMode()) + " " + e.GetKmsKeyArn()))
}

// mode is a kind of encryption as AWS writes it.
func mode(m rekeyv1.EncryptionMode) string {
	switch m {
	case rekeyv1.EncryptionMode_ENCRYPTION_MODE_AWS_MANAGED:
		return "AWS managed"
	case rekeyv1.EncryptionMode_ENCRYPTION_MODE_SSE_S3:
		return "SSE-S3"
	case rekeyv1.EncryptionMode_ENCRYPTION_MODE_SSE_KMS:
		return "SSE-KMS"
	default:
		return tables.Word(m)
	}
}
