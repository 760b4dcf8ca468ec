package sim

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	kmstypes "github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/aws/aws-sdk-go-v2/service/synthetics"
	"github.com/google/go-cmp/cmp"

	"rekey/awssim/fleet"
	"rekey/awssim/journal"
	simulated "rekey/awssim/synthetics"
	"rekey/awssim/wire"
)

// loss is a finding, as far as a test says what it is to be.
type loss struct {
	For, By, Action string
	Lost            bool
}

// losses are the findings after the first n, each sort once, in order.
func (s *Sim) losses(n int) []loss {
	var list []loss
	for _, f := range s.Stranded()[n:] {
		l := loss{f.For, f.By, f.Entry.Action, f.Lost}
		if !slices.Contains(list, l) {
			list = append(list, l)
		}
	}
	return list
}

// TestStranded takes the old key from a canary whose artifacts have left it, and whose baseline and environment
// variables have not; then it gives the canary a key that its role may not use.
func TestStranded(t *testing.T) {
	f := fleet.Generate(fleet.GeneratorConfig{Seed: 1, Schedule: "rate(1 minute)", VisualEvery: 1})
	f.Canaries[0].EnvironmentKey = "old"
	s, endpoint := started(t, f)
	target := f.TargetKeys()[0]
	old := s.Fleet.Names().Key("old", target.Account, target.Region)
	config := member(t, endpoint, target.Account, target.Region)
	keys, canaries, name := kms.NewFromConfig(config), synthetics.NewFromConfig(config), aws.String("canary-00001")
	role, member := s.Fleet.Names().Role(f.Canaries[0].Role, target.Account), s.Fleet.Names().Role(fleet.MemberRole, target.Account)

	granted, err := keys.CreateGrant(ctx, &kms.CreateGrantInput{
		KeyId: &target.ARN, GranteePrincipal: &role,
		Operations: []kmstypes.GrantOperation{kmstypes.GrantOperationGenerateDataKey, kmstypes.GrantOperationDecrypt},
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := canaries.UpdateCanary(ctx, &synthetics.UpdateCanaryInput{Name: name, ArtifactConfig: toKey(target.ARN)}); err != nil {
		t.Fatal(err)
	}
	s.later(time.Minute)
	if got := s.losses(0); len(got) > 0 {
		t.Fatalf("nothing was taken from the canary: %+v", got)
	}

	for _, g := range s.World.KMS.Grants(old) {
		if _, err := keys.RevokeGrant(ctx, &kms.RevokeGrantInput{KeyId: &old, GrantId: &g.ID}); err != nil {
			t.Fatal(err)
		}
	}
	want := []loss{
		{simulated.NeedEnvironment, member, "kms:RevokeGrant", true}, {simulated.NeedBaseline, member, "kms:RevokeGrant", true},
	}
	if diff := cmp.Diff(want, s.losses(0)); diff != "" {
		t.Errorf("after the old key was taken (-want +got):\n%s", diff)
	}

	n := len(s.Stranded())
	if _, err := keys.RevokeGrant(ctx, &kms.RevokeGrantInput{KeyId: &target.ARN, GrantId: granted.GrantId}); err != nil {
		t.Fatal(err)
	}
	want = []loss{{simulated.NeedWrite, member, "kms:RevokeGrant", true}, {simulated.NeedRead, member, "kms:RevokeGrant", true}}
	if diff := cmp.Diff(want, s.losses(n)); diff != "" {
		t.Errorf("after the new key was taken (-want +got):\n%s", diff)
	}

	n = len(s.Stranded())
	other := target.ARN[:len(target.ARN)-1] + "x"
	if _, err := canaries.UpdateCanary(ctx, &synthetics.UpdateCanaryInput{Name: name, ArtifactConfig: toKey(other)}); err != nil {
		t.Fatal(err)
	}
	want = []loss{{simulated.NeedWrite, member, "synthetics:UpdateCanary", false}, {simulated.NeedRead, member, "synthetics:UpdateCanary", false}}
	if diff := cmp.Diff(want, s.losses(n)); diff != "" {
		t.Errorf("after an update to a key that nobody granted (-want +got):\n%s", diff)
	}
}

// runInFlight is a simulation of a canary under the key old, of which a run goes on for minutes, with its target and a client.
func runInFlight(t *testing.T) (s *Sim, target fleet.TargetKey, old string, canaries *synthetics.Client) {
	t.Helper()
	f := fleet.Generate(fleet.GeneratorConfig{Seed: 1, Schedule: "rate(20 minutes)"})
	f.Canaries[0].RunDuration, f.Canaries[0].LastRunAgo = 10*time.Minute, 19*time.Minute+30*time.Second
	s, endpoint := started(t, f)
	target = f.TargetKeys()[0]
	old = s.Fleet.Names().Key("old", target.Account, target.Region)
	s.later(time.Minute) // the run has begun
	return s, target, old, synthetics.NewFromConfig(member(t, endpoint, target.Account, target.Region))
}

// TestStrandedRun takes a key from a run that is in flight, when the settings have left it.
func TestStrandedRun(t *testing.T) {
	s, target, old, canaries := runInFlight(t)
	_, err := canaries.UpdateCanary(ctx, &synthetics.UpdateCanaryInput{
		Name: aws.String("canary-00001"), ArtifactConfig: toKey(target.ARN),
	})
	if err != nil {
		t.Fatal(err)
	}
	s.later(10 * time.Second) // the update has settled
	n := len(s.Stranded())
	if err := s.World.KMS.SetKeyState(old, "Disabled"); err != nil { // behind the API's back
		t.Fatal(err)
	}
	want := []loss{{For: simulated.NeedWrite, Lost: true}, {For: simulated.NeedRead, Lost: true}}
	if diff := cmp.Diff(want, s.losses(n)); diff != "" {
		t.Errorf("losses (-want +got):\n%s", diff)
	}
	if run := s.Stranded()[n].Run; run == "" {
		t.Error("the finding does not name the run")
	}
}

// TestStrandedMeanwhile: an update takes effect while another call is served, so that a run in flight needs what its canary does
// not any more. The call has nothing to do with that.
func TestStrandedMeanwhile(t *testing.T) {
	s, target, old, canaries := runInFlight(t)
	if err := s.World.KMS.SetKeyState(old, "Disabled"); err != nil {
		t.Fatal(err)
	}
	_, err := canaries.UpdateCanary(ctx, &synthetics.UpdateCanaryInput{
		Name: aws.String("canary-00001"), ArtifactConfig: toKey(target.ARN),
	})
	if err != nil {
		t.Fatal(err)
	}
	n := len(s.Stranded())
	request := httptest.NewRequestWithContext(ctx, http.MethodPost, "/", nil)
	s.World.Watch("PutKeyPolicy", &wire.Call{HTTP: request}, func() {
		s.later(10 * time.Second) // the update has settled
		s.World.Journal.Add(journal.Entry{Kind: journal.Mutation, Action: "kms:PutKeyPolicy", Resource: target.ARN})
	})
	want := []loss{{For: simulated.NeedWrite}, {For: simulated.NeedRead}}
	if diff := cmp.Diff(want, s.losses(n)); diff != "" {
		t.Errorf("losses (-want +got):\n%s", diff)
	}
}
