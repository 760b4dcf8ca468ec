package kms

import (
	"crypto/rand"
	"encoding/base64"
	"strings"
)

// newToken is a token that stands for a grant while it propagates. A grant has any number of them.
func newToken(grantID string) string {
	return "AQp" + base64.RawURLEncoding.EncodeToString([]byte(grantID+":"+rand.Text()))
}

// grantTokens are the grants that tokens stand for, as a request's condition.
func grantTokens(tokens []string) (map[string][]string, error) {
	if len(tokens) == 0 {
		return nil, nil
	}
	ids := make([]string, len(tokens))
	for i, t := range tokens {
		id, err := grantOf(t)
		if err != nil {
			return nil, err
		}
		ids[i] = id
	}
	return map[string][]string{tokensKey: ids}, nil
}

func grantOf(token string) (string, error) {
	rest, ok := strings.CutPrefix(token, "AQp")
	plain, err := base64.RawURLEncoding.DecodeString(rest)
	id, _, found := strings.Cut(string(plain), ":")
	if !ok || err != nil || !found {
		return "", fault("InvalidGrantTokenException", "The grant token is not valid")
	}
	return id, nil
}
