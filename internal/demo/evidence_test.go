package demo

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The evidence of a migration of one canary, which is as it should be.
var (
	digest = strings.Repeat("ab", 32)
	whole  = map[string]string{
		"migration.json": `{"plan": {"digest": "` + digest + `"}, "approvals": [{"by": {"name": "anna"}, "digest": "` + digest + `"}]}`,
		"cells/111100000001/us-east-1.json": `{"account_id": "111100000001", "region": "us-east-1", "canaries": [{"name": "shop", ` +
			`"outcome": "MIGRATED"}]}`,
	}
)

// export writes files, and a manifest of what they should be.
func export(t *testing.T, manifested, written map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	var m manifest
	for path, text := range manifested {
		sum := sha256.Sum256([]byte(text))
		m.Files = append(m.Files, struct {
			Path   string `json:"path"`
			SHA256 string `json:"sha256"`
		}{path, hex.EncodeToString(sum[:])})
	}
	text, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	for path, text := range written {
		write(t, filepath.Join(dir, filepath.FromSlash(path)), text)
	}
	write(t, filepath.Join(dir, "manifest.json"), string(text))
	return dir
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestCheckEvidence(t *testing.T) {
	cell := "cells/111100000001/us-east-1.json"
	without := func(path string) map[string]string { return map[string]string{path: whole[path]} }
	changed := func(path, from, to string) map[string]string {
		all := maps.Clone(whole)
		all[path] = strings.ReplaceAll(all[path], from, to)
		return all
	}
	cases := map[string]struct {
		reason              string
		manifested, written map[string]string
		err                 string
	}{
		"Whole":    {reason: "what is as it should be passes", manifested: whole, written: whole},
		"Tampered": {reason: "a file that is not the one of the manifest", manifested: whole, written: changed(cell, "shop", "shed"), err: "has not the digest"},
		"Missing":  {reason: "a file that is not there", manifested: whole, written: without("migration.json"), err: "no such file"},
		"Unlisted": {reason: "a cell that the manifest leaves out", manifested: without("migration.json"), written: whole, err: "1 canaries of the migration are not"},
		"Other plan": {reason: "the digest of another plan", manifested: changed("migration.json", digest, "cd"), written: changed("migration.json", digest, "cd"),
			err: "plan cd"},
		"Other people": {reason: "another approver", manifested: changed("migration.json", "anna", "eve"), written: changed("migration.json", "anna", "eve"),
			err: "approved by [eve]"},
		"Other outcome": {reason: "another outcome than the API's", manifested: changed(cell, "MIGRATED", "FAILED"), written: changed(cell, "MIGRATED", "FAILED"),
			err: "shop is FAILED"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			outcomes := Outcomes{"111100000001/us-east-1/shop": {State: "MIGRATED"}}
			files, err := checkEvidence(export(t, tc.manifested, tc.written), digest, []string{"anna"}, outcomes)
			switch {
			case tc.err == "" && (err != nil || files != 2):
				t.Errorf("%s: %d files, %v", tc.reason, files, err)
			case tc.err != "" && (err == nil || !strings.Contains(err.Error(), tc.err)):
				t.Errorf("%s ends with %v, want %q", tc.reason, err, tc.err)
			}
		})
	}
}
