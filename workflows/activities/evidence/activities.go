// Package evidence exports what a migration did, as JSON for an auditor, to a directory or a bucket: what Temporal
// retains ends with the namespace's retention.
package evidence

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"

	"rekey/workflows"
	"rekey/workflows/aws"
	"rekey/workflows/failure"
)

// Config says where evidence may go. The zero value writes to buckets alone.
type Config struct {
	// URI is the place of exports that name none; empty for none.
	URI string
	// Directory is an absolute path, at or below which file:// places must be; empty refuses them.
	Directory string
}

// Check says why the place of exports that name none can't be used, nil when it can or when there is none. Whether it can be
// written to shows at the first file.
func (c Config) Check() error {
	if c.URI == "" {
		return nil
	}
	_, err := (&Activities{config: c}).open(c.URI)
	return err
}

// Activities exports evidence.
type Activities struct {
	access *aws.Access
	config Config
}

// New is an exporter that writes to buckets with the worker's own credentials.
func New(access *aws.Access, config Config) *Activities {
	return &Activities{access: access, config: config}
}

// store is a place for files. A file that is there is replaced: an export that was broken off is made again, of a migration
// that may have gone on meanwhile, and the manifest, which comes last, tells which files belong together.
type store interface {
	write(ctx context.Context, path string, text []byte, sum [sha256.Size]byte) error
}

// WriteEvidence writes one file of an export. The same input gives the same bytes. Where no place is named and the worker
// has no default, nothing is written, and the answer is empty.
//
// It ends with EVIDENCE_NOT_WRITTEN where the place can't be written to, or may not; and is retried where AWS put it off.
func (a *Activities) WriteEvidence(ctx context.Context, in workflows.EvidenceInput) (workflows.WrittenEvidence, error) {
	uri := in.URI
	if uri == "" {
		uri = a.config.URI
	}
	if uri == "" {
		return workflows.WrittenEvidence{}, nil
	}
	path, text, err := file(in)
	if err != nil {
		fault := notWritten(uri, err.Error(), "This is a fault of rekey: look at the worker's log.")
		return workflows.WrittenEvidence{}, failure.Refuse(fault)
	}
	to, err := a.open(uri)
	if err != nil {
		return workflows.WrittenEvidence{}, err
	}
	sum := sha256.Sum256(text)
	if err := to.write(ctx, in.Migration+"/"+path, text, sum); err != nil {
		return workflows.WrittenEvidence{}, err
	}
	return workflows.WrittenEvidence{
		Place: uri, URI: join(uri, in.Migration, path),
		EvidenceFile: workflows.EvidenceFile{Path: path, SHA256: hex.EncodeToString(sum[:]), Bytes: len(text)},
	}, nil
}

// notWritten is the problem of a file that could not be written; cause is the end of a sentence.
func notWritten(uri, cause, next string) *workflows.Problem {
	cause = strings.TrimSuffix(cause, ".")
	return &workflows.Problem{
		Reason:   workflows.EvidenceNotWritten,
		Message:  fmt.Sprintf("The evidence could not be written to %s: %s.", uri, cause),
		NextStep: next,
		Metadata: map[string]string{"uri": uri, "cause": cause},
	}
}
