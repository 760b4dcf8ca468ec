package demo

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
)

// What the demo reads of evidence, as an auditor would: by docs/evidence.md, and not by rekey's own types.
type (
	manifest struct {
		Files []struct {
			Path   string `json:"path"`
			SHA256 string `json:"sha256"`
		} `json:"files"`
	}
	migrationEvidence struct {
		Plan struct {
			Digest string `json:"digest"`
		} `json:"plan"`
		Approvals []struct {
			Digest string `json:"digest"`
			By     struct {
				Name string `json:"name"`
			} `json:"by"`
		} `json:"approvals"`
	}
	cellEvidence struct {
		Account  string `json:"account_id"`
		Region   string `json:"region"`
		Canaries []struct {
			Name    string `json:"name"`
			Outcome string `json:"outcome"`
		} `json:"canaries"`
	}
)

// checkEvidence checks an export against its manifest and against what the API said: the digest that was approved, by whom,
// and what became of each canary. It returns how many files there are beside the manifest.
func checkEvidence(dir, digest string, approvers []string, outcomes Outcomes) (files int, err error) {
	var m manifest
	if err := readJSON(filepath.Join(dir, "manifest.json"), "", &m); err != nil {
		return 0, err
	}
	left := len(outcomes)
	for _, file := range m.Files {
		path := filepath.Join(dir, filepath.FromSlash(file.Path))
		if file.Path == "migration.json" {
			err = checkMigration(path, file.SHA256, digest, approvers)
		} else {
			var n int
			n, err = checkCell(path, file.SHA256, outcomes)
			left -= n
		}
		if err != nil {
			return 0, err
		}
	}
	if left != 0 {
		return 0, fmt.Errorf("%d canaries of the migration are not in the evidence", left)
	}
	return len(m.Files), nil
}

func checkMigration(path, sum, digest string, approvers []string) error {
	var e migrationEvidence
	if err := readJSON(path, sum, &e); err != nil {
		return err
	}
	var by []string
	for _, a := range e.Approvals {
		if a.Digest == digest {
			by = append(by, a.By.Name)
		}
	}
	if e.Plan.Digest != digest || !slices.Equal(by, approvers) {
		return fmt.Errorf("%s: plan %s, approved by %v; expected %s and %v", path, e.Plan.Digest, by, digest, approvers)
	}
	return nil
}

// checkCell returns how many canaries the cell has.
func checkCell(path, sum string, outcomes Outcomes) (int, error) {
	var e cellEvidence
	if err := readJSON(path, sum, &e); err != nil {
		return 0, err
	}
	for _, c := range e.Canaries {
		want := outcomes[e.Account+"/"+e.Region+"/"+c.Name].State
		if c.Outcome != want {
			return 0, fmt.Errorf("%s: %s is %s, and the API said %q", path, c.Name, c.Outcome, want)
		}
	}
	return len(e.Canaries), nil
}

// readJSON reads a file of the digest, where that is known.
func readJSON(path, sum string, document any) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if got := sha256.Sum256(text); sum != "" && hex.EncodeToString(got[:]) != sum {
		return fmt.Errorf("%s has not the digest %s that its manifest has", path, sum)
	}
	if err := json.Unmarshal(text, document); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}
