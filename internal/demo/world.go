// Package demo is a migration from the first call to the evidence, on a simulated AWS: it creates it through the
// gRPC API, shows the plan, has two people approve it, follows it wave by wave until its failure budget is used up, raises
// that and goes on, writes the report, closes it with its evidence, and compares what became of every canary with what was
// expected of it.
package demo

import (
	_ "embed" // the fleet and what is expected of it
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"google.golang.org/protobuf/types/known/durationpb"

	"rekey/awssim/fleet"
	rekeyv1 "rekey/gen/rekey/v1"
	"rekey/internal/stack"
)

//go:embed fleet.yaml
var fleetYAML []byte

// Fleet is the demo's fleet.
func Fleet() (*fleet.Fleet, error) { return fleet.Parse(fleetYAML) }

// WriteFleet writes the demo's fleet into a file, for awssim to read and for people to look at.
func WriteFleet(path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		return err
	}
	return os.WriteFile(path, fleetYAML, 0o600)
}

// How long the demo waits: shorter than a real migration would, and longer than its canaries' interval of five minutes.
const (
	runDeadline = 20 * time.Minute
	revokeWatch = 6 * time.Minute
)

// World is a simulated AWS as its operators see it: who they are there, and what is to be done.
type World struct {
	Credentials stack.Credentials
	// Spec moves every canary that rekey may reach to the target keys.
	Spec *rekeyv1.MigrationSpec
	// Accounts are the names of accounts by id.
	Accounts map[string]string
}

// ReadWorld reads a fleet that has a user of the template "hub", roles of the template "member" and keys that are
// marked as targets. The spec selects the accounts that have such a role, in the Regions of the target keys.
func ReadWorld(f *fleet.Fleet) (*World, error) {
	selection := &rekeyv1.Selection{}
	target := &rekeyv1.Target{Mode: rekeyv1.EncryptionMode_ENCRYPTION_MODE_SSE_KMS}
	w := &World{
		Accounts: map[string]string{},
		Spec: &rekeyv1.MigrationSpec{
			DisplayName: "artifacts-2026", Selection: selection, Target: target,
			Waits: &rekeyv1.Waits{RunDeadline: durationpb.New(runDeadline), RevokeWatch: durationpb.New(revokeWatch)},
		},
	}
	for _, a := range f.Accounts {
		w.Accounts[a.ID] = a.Name
	}
	var err error
	if selection.AccountIds, err = w.identify(f); err != nil {
		return nil, err
	}
	for _, t := range f.TargetKeys() {
		if !slices.Contains(target.GetKmsKeyArns(), t.ARN) {
			target.KmsKeyArns = append(target.KmsKeyArns, t.ARN)
		}
		if !slices.Contains(selection.GetRegions(), t.Region) {
			selection.Regions = append(selection.Regions, t.Region)
		}
	}
	if len(target.GetKmsKeyArns()) == 0 {
		return nil, errors.New("the fleet marks no key as a target")
	}
	return w, nil
}

// identify finds who rekey is in the fleet, and returns the accounts that let it in.
func (w *World) identify(f *fleet.Fleet) ([]string, error) {
	hub := slices.IndexFunc(f.Users, func(u fleet.User) bool { return u.Template == "hub" })
	if hub < 0 {
		return nil, errors.New(`the fleet has no user of the template "hub"`)
	}
	w.Credentials = stack.Credentials{
		AccessKeyID: f.Users[hub].AccessKey, SecretAccessKey: f.Users[hub].Secret, Region: f.Accounts[0].Regions[0],
	}
	var accounts []string
	names := f.Names()
	for _, r := range f.Roles {
		if r.Template != "member" {
			continue
		}
		c := &w.Credentials
		if c.MemberRole != "" && (c.MemberRole != r.Name || c.ExternalID != r.ExternalID) {
			return nil, fmt.Errorf("the fleet's roles of the template \"member\" differ: %s and %s", c.MemberRole, r.Name)
		}
		c.MemberRole, c.ExternalID = r.Name, r.ExternalID
		accounts = append(accounts, names.Account(r.Account))
	}
	if len(accounts) == 0 {
		return nil, errors.New(`the fleet has no role of the template "member"`)
	}
	slices.Sort(accounts)
	return accounts, nil
}
