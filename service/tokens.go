package service

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"

	"google.golang.org/protobuf/proto"
)

// sealLength is how much of a digest a token carries.
const sealLength = 12

// seal makes an opaque token of a value. It opens in the same scope only. That keeps honest callers from mixing
// tokens up and from handing in garbage; it is no secret, and a token grants nothing that its bearer could not
// ask for without it.
func seal(scope []byte, value any) (string, error) {
	body, err := json.Marshal(value)
	if err != nil {
		return "", err
	}
	return base64.RawURLEncoding.EncodeToString(append(digest(scope, body), body...)), nil
}

// unseal reads what seal made in the same scope, and reports whether it was that.
func unseal(scope []byte, token string, value any) bool {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(token)
	if err != nil || len(raw) < sealLength {
		return false
	}
	body := raw[sealLength:]
	return bytes.Equal(raw[:sealLength], digest(scope, body)) && json.Unmarshal(body, value) == nil
}

func digest(scope, body []byte) []byte {
	scopeDigest := sha256.Sum256(scope)
	sum := sha256.Sum256(append(scopeDigest[:], body...))
	return sum[:sealLength]
}

// scopeOf is the scope of a listing's page tokens: the listing and its filter. The given request must have no page
// size or token.
func scopeOf(filter proto.Message) ([]byte, error) {
	raw, err := canonical(filter)
	if err != nil {
		return nil, err
	}
	return append([]byte(filter.ProtoReflect().Descriptor().FullName()+"\x00"), raw...), nil
}

// canonical is a message in bytes that are the same for equal messages.
func canonical(m proto.Message) ([]byte, error) {
	return proto.MarshalOptions{Deterministic: true}.Marshal(m)
}

// cursor is where a watch is: a migration, and the revision of it that was last sent.
type cursor struct {
	Migration string `json:"m"`
	Revision  int64  `json:"r"`
}

var cursorScope = []byte("cursor")

func sealCursor(c cursor) (string, error) { return seal(cursorScope, c) }

// unsealCursor reads a cursor of a watch of that migration. No cursor is one before the first revision.
func unsealCursor(migration, token string) (cursor, error) {
	c := cursor{Migration: migration}
	if token == "" {
		return c, nil
	}
	if !unseal(cursorScope, token, &c) || c.Migration != migration {
		return cursor{}, invalidCursor(migration)
	}
	return c, nil
}
