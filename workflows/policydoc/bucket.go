package policydoc

import (
	"cmp"
	"strings"
)

// The condition keys that a bucket's policy looks at to demand an encryption (S3 User Guide, UsingKMSEncryption).
const (
	sseHeader = "s3:x-amz-server-side-encryption"
	keyHeader = "s3:x-amz-server-side-encryption-aws-kms-key-id"
)

// Write is an artifact that a canary's role is to put.
type Write struct {
	RoleARN, Bucket, Prefix string
	// Algorithm is the header x-amz-server-side-encryption: AES256 or aws:kms; KeyARN that of the key, which the default
	// encryption does not send.
	Algorithm, KeyARN string
}

// Denial is a statement of a bucket's policy that denies a write. Doubtful says that it does if conditions hold which
// can't be told before; they are beside one on the encryption.
type Denial struct {
	Sid, Condition string
	Doubtful       bool
}

// WriteDenied is the first statement of a bucket's policy that denies a write, nil when none does. A statement whose
// conditions can't be told counts only if it looks at the encryption.
func (d Document) WriteDenied(w Write) *Denial {
	ctx := Context{sseHeader: {w.Algorithm}, keyHeader: nil, "aws:securetransport": {"true"}, "aws:principalarn": {w.RoleARN}}
	if w.KeyARN != "" {
		ctx[keyHeader] = []string{w.KeyARN}
	}
	partition := "aws"
	if parts := strings.SplitN(w.RoleARN, ":", 3); len(parts) == 3 {
		partition = parts[1]
	}
	object := "arn:" + partition + ":s3:::" + w.Bucket + "/" + strings.TrimPrefix(w.Prefix+"/artifact", "/")
	var doubtful *Denial
	for _, s := range d.Statements {
		if s.Allows || !s.names(w.RoleARN) && !s.delegates(accountOf(w.RoleARN)) {
			continue
		}
		denial := &Denial{Sid: cmp.Or(s.Sid, "without a Sid"), Condition: cmp.Or(s.conditionText(), "none")}
		switch s.applies("s3:PutObject", object, ctx) {
		case True:
			return denial
		case Unknown:
			if doubtful == nil && s.looksAtEncryption() {
				denial.Doubtful = true
				doubtful = denial
			}
		case False:
		}
	}
	return doubtful
}

func (s Statement) looksAtEncryption() bool {
	for _, c := range s.Conditions {
		if key := strings.ToLower(c.Key); key == sseHeader || key == keyHeader {
			return true
		}
	}
	return false
}

// conditionText is the conditions in short, empty where there are none.
func (s Statement) conditionText() string {
	var list []string
	for _, c := range s.Conditions {
		list = append(list, c.Operator+" "+c.Key+" "+strings.Join(c.Values, "|"))
	}
	return strings.Join(list, "; ")
}

func accountOf(arn string) string {
	if parts := strings.SplitN(arn, ":", 6); len(parts) == 6 {
		return parts[4]
	}
	return ""
}
