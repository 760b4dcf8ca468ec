package identity

import (
	"context"
	"errors"
	"strings"
	"unicode"
	"unicode/utf8"

	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/peer"

	"rekey/workflows"
)

// MetadataKey is the key of a call's metadata with which a caller without a certificate says who it is.
const MetadataKey = "rekey-caller"

// MaxName is how many bytes a name may have: it is kept with every verb in a migration's history.
const MaxName = 256

// ErrBadName says that the metadata name nobody: more than one value, or not a printable name of at most MaxName bytes.
var ErrBadName = errors.New("bad name in the metadata")

// Of tells who calls: by the certificate where the connection verified one, whatever the metadata say, else by the
// metadata. A caller that says nothing has no name. It ends with ErrNoName or ErrBadName.
func Of(ctx context.Context) (workflows.Caller, error) {
	if p, ok := peer.FromContext(ctx); ok {
		if info, ok := p.AuthInfo.(credentials.TLSInfo); ok && len(info.State.VerifiedChains) > 0 {
			return OfCertificate(info.State.VerifiedChains[0][0])
		}
	}
	return claimed(ctx)
}

// claimed is who the caller says it is.
func claimed(ctx context.Context) (workflows.Caller, error) {
	given := metadata.ValueFromIncomingContext(ctx, MetadataKey)
	if len(given) == 0 || len(given) == 1 && given[0] == "" {
		return workflows.Caller{}, nil
	}
	if len(given) > 1 || !isName(given[0]) {
		return workflows.Caller{}, ErrBadName
	}
	return workflows.Caller{Name: given[0]}, nil
}

// isName reports whether people can read and tell apart what they see: no control characters, no blanks at the ends.
func isName(s string) bool {
	return s != "" && len(s) <= MaxName && utf8.ValidString(s) && strings.TrimSpace(s) == s &&
		!strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) })
}
