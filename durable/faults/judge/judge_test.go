package judge

import (
	"context"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	kmstypes "github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/aws-sdk-go-v2/service/synthetics"
	"github.com/aws/aws-sdk-go-v2/service/synthetics/types"
	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc"

	"rekey/awssim/fleet"
	"rekey/awssim/sim"
	"rekey/durable/faults/play"
	"rekey/durable/faults/script"
	"rekey/durable/faults/stage"
	rekeyv1 "rekey/gen/rekey/v1"
)

// reports is an API that tells what a test has it tell, whatever is.
type reports struct {
	rekeyv1.MigrationServiceClient
	canaries []*rekeyv1.Canary
	asked    func() // called when it is asked for the migration, which never rests
}

func (r *reports) ListCanaries(context.Context, *rekeyv1.ListCanariesRequest, ...grpc.CallOption) (*rekeyv1.ListCanariesResponse, error) {
	return &rekeyv1.ListCanariesResponse{Canaries: r.canaries}, nil
}

func (r *reports) CreateMigration(context.Context, *rekeyv1.CreateMigrationRequest, ...grpc.CallOption) (*rekeyv1.CreateMigrationResponse, error) {
	return &rekeyv1.CreateMigrationResponse{Migration: &rekeyv1.Migration{Id: "m"}}, nil
}

func (r *reports) GetMigration(ctx context.Context, _ *rekeyv1.GetMigrationRequest, _ ...grpc.CallOption) (*rekeyv1.GetMigrationResponse, error) {
	r.asked()
	<-ctx.Done()
	return nil, ctx.Err()
}

// world is one visual canary, with whoever may act on it.
type world struct {
	t        *testing.T
	stage    *stage.Stage
	told     *reports
	arn      string
	old, to  string                          // keys
	canaries *synthetics.Client              // of the member role, as a migration's
	keys     *kms.Client                     // of the member role
	name     *string                         // the canary's
	said     func(f func(c *rekeyv1.Canary)) // changes what is told of the canary
}

func newWorld(t *testing.T) *world {
	t.Helper()
	f := fleet.Generate(fleet.GeneratorConfig{Seed: 1, Schedule: "rate(1 minute)", VisualEvery: 1, TimeScale: 300})
	f.Users = append(f.Users, script.Owner(f.Canaries[0].Account))
	s, err := sim.New(sim.Config{Fleet: f, Observe: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	server := httptest.NewServer(s.Handler())
	t.Cleanup(server.Close)
	w := &world{t: t, told: &reports{}, arn: script.ARN(&f.Canaries[0]), name: &f.Canaries[0].Name}
	w.stage = &stage.Stage{Sim: s, Endpoint: server.URL, Names: f.Names(), API: w.told}
	target := f.TargetKeys()[0]
	w.old, w.to = w.stage.Names.Key("old", target.Account, target.Region), target.ARN
	config := w.member(target.Account, target.Region)
	w.canaries, w.keys = synthetics.NewFromConfig(config), kms.NewFromConfig(config)
	c := &rekeyv1.Canary{
		AccountId: target.Account, Region: target.Region, Name: *w.name, State: rekeyv1.CanaryState_CANARY_STATE_RETURNED,
		From:    &rekeyv1.Encryption{Mode: rekeyv1.EncryptionMode_ENCRYPTION_MODE_SSE_KMS, KmsKeyArn: w.old},
		To:      &rekeyv1.Encryption{Mode: rekeyv1.EncryptionMode_ENCRYPTION_MODE_SSE_KMS, KmsKeyArn: w.to},
		Problem: &rekeyv1.Problem{Reason: rekeyv1.ErrorReason_ERROR_REASON_ROLLED_BACK},
	}
	w.told.canaries = []*rekeyv1.Canary{c}
	w.said = func(f func(*rekeyv1.Canary)) { f(c) }
	return w
}

// member is a configuration as the member role of an account.
func (w *world) member(account, region string) awssdk.Config {
	w.t.Helper()
	hub := awssdk.Config{
		Region: region, BaseEndpoint: &w.stage.Endpoint,
		Credentials: credentials.NewStaticCredentialsProvider(fleet.HubAccessKey, fleet.HubSecret, ""),
	}
	out, err := sts.NewFromConfig(hub).AssumeRole(w.t.Context(), &sts.AssumeRoleInput{
		RoleArn:         awssdk.String("arn:aws:iam::" + account + ":role/" + fleet.MemberRole),
		RoleSessionName: awssdk.String("rekey"), ExternalId: awssdk.String(fleet.ExternalID),
	})
	if err != nil {
		w.t.Fatal(err)
	}
	c := out.Credentials
	hub.Credentials = credentials.NewStaticCredentialsProvider(*c.AccessKeyId, *c.SecretAccessKey, *c.SessionToken)
	return hub
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) update(in *synthetics.UpdateCanaryInput) {
	w.t.Helper()
	in.Name = w.name
	_, err := w.canaries.UpdateCanary(w.t.Context(), in)
	w.must(err)
}

func (w *world) revokeOld() {
	w.t.Helper()
	for _, g := range w.stage.Sim.World.KMS.Grants(w.old) {
		_, err := w.keys.RevokeGrant(w.t.Context(), &kms.RevokeGrantInput{KeyId: &w.old, GrantId: &g.ID})
		w.must(err)
	}
}

// grant gives the canary's role the new key.
func (w *world) grant(name string) {
	w.t.Helper()
	role := w.stage.Names.Role(w.stage.Sim.Fleet.Canaries[0].Role, w.stage.Sim.Fleet.Canaries[0].Account)
	_, err := w.keys.CreateGrant(w.t.Context(), &kms.CreateGrantInput{
		KeyId: &w.to, GranteePrincipal: &role, Name: &name,
		Operations: []kmstypes.GrantOperation{kmstypes.GrantOperationGenerateDataKey, kmstypes.GrantOperationDecrypt},
	})
	w.must(err)
}

func (w *world) toNewKey() *types.ArtifactConfigInput {
	return &types.ArtifactConfigInput{S3Encryption: &types.S3EncryptionConfig{EncryptionMode: types.EncryptionModeSseKms, KmsKeyArn: &w.to}}
}

// later lets every canary run a few times.
func (w *world) later() {
	w.stage.Sim.WaitUntil(w.stage.Sim.World.Clock.Now().Add(4 * time.Minute))
}

// TestWhatIsBrokenIsFound does by hand, as the member role, what a migration must not do, or has the API tell what is not so:
// each is found, and nothing else. Where nothing is wrong, or owners did it, nothing is broken.
func TestWhatIsBrokenIsFound(t *testing.T) {
	cases := map[string]struct {
		do   func(w *world)
		want []string
	}{
		"nothing":                    {do: func(*world) {}},
		"the owner disables the key": {do: func(w *world) { w.must(w.stage.Sim.SetKeyState(w.old, "Disabled")) }},
		"access that is in use is removed": {
			do:   (*world).revokeOld,
			want: []string{AccessForeign, BaselineLost, PermissionLost, RunFailed},
		},
		"the canary is moved without access": {
			do:   func(w *world) { w.update(&synthetics.UpdateCanaryInput{ArtifactConfig: w.toNewKey()}) },
			want: []string{PermissionLost, ReportUntrue, RunFailed},
		},
		"the ignore areas are dropped": {
			do: func(w *world) {
				w.update(&synthetics.UpdateCanaryInput{VisualReferences: []types.VisualReferenceInput{{BaseCanaryRunId: awssdk.String("lastrun")}}})
			},
			want: []string{BaselineLost},
		},
		"the schedule is touched": {
			do: func(w *world) {
				w.update(&synthetics.UpdateCanaryInput{Schedule: &types.CanaryScheduleInput{Expression: awssdk.String("rate(2 minutes)")}})
			},
			want: []string{SettingsTouched},
		},
		"the canary is left stopped": {
			do: func(w *world) {
				_, err := w.canaries.StopCanary(w.t.Context(), &synthetics.StopCanaryInput{Name: w.name})
				w.must(err)
			},
			want: []string{SettingsTouched},
		},
		"the account left, and the canary that can't be put as it was is told": {
			do: func(w *world) {
				_, err := w.canaries.StopCanary(w.t.Context(), &synthetics.StopCanaryInput{Name: w.name})
				w.must(err)
				w.said(func(c *rekeyv1.Canary) {
					c.Notices = []*rekeyv1.Problem{{Reason: rekeyv1.ErrorReason_ERROR_REASON_CANARY_LEFT_RUNNING}}
				})
			},
		},
		"the account left, and nobody tells of the canary": {
			do: func(w *world) {
				_, err := w.canaries.StopCanary(w.t.Context(), &synthetics.StopCanaryInput{Name: w.name})
				w.must(err)
			},
			want: []string{SettingsTouched},
		},
		"a grant is left that nobody names": {do: func(w *world) { w.grant("rekey-1") }, want: []string{AccessUnnamed}},
		"a grant is left that is named": {do: func(w *world) {
			w.grant("rekey-1")
			g := w.stage.Sim.World.KMS.Grants(w.to)[0]
			w.said(func(c *rekeyv1.Canary) {
				c.Grants = append(c.Grants, &rekeyv1.AccessChange{
					Method: rekeyv1.AccessMethod_ACCESS_METHOD_GRANT, KmsKeyArn: w.to, PrincipalArn: g.Grantee, GrantName: g.Name,
				})
			})
		}},
		"a grant of somebody else's is new": {do: func(w *world) { w.grant("other") }, want: []string{AccessForeign}},
		"it is told to be migrated": {
			do: func(w *world) {
				w.said(func(c *rekeyv1.Canary) { c.State, c.Problem = rekeyv1.CanaryState_CANARY_STATE_MIGRATED, nil })
			},
			want: []string{ReportUntrue},
		},
		"it is on its way": {
			do: func(w *world) {
				w.said(func(c *rekeyv1.Canary) { c.State = rekeyv1.CanaryState_CANARY_STATE_MIGRATING })
			},
			want: []string{NoOutcome},
		},
		"it failed, and nobody says why": {
			do: func(w *world) {
				w.said(func(c *rekeyv1.Canary) { c.State, c.Problem = rekeyv1.CanaryState_CANARY_STATE_FAILED, nil })
			},
			want: []string{NoOutcome},
		},
	}
	for name, tt := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			s := &script.Script{Fleet: w.stage.Sim.Fleet, Migrations: []script.Migration{{}}}
			switch {
			case strings.HasPrefix(name, "the owner"):
				s.Late = []script.Act{{Kind: script.DisableKey, ARN: w.old}}
			case strings.HasPrefix(name, "the account left"):
				s.Late = []script.Act{{Kind: script.LeaveOrganization, Account: w.stage.Sim.Fleet.Canaries[0].Account}}
			}
			w.later()
			j, err := New(t.Context(), w.stage, s)
			w.must(err)
			p := play.New(w.stage, s)
			short, stop := context.WithCancel(t.Context())
			w.told.asked = stop
			if p.Run(short) == nil {
				t.Fatal("a migration that does not rest is taken for one that does")
			}
			tt.do(w)
			w.later()
			broken, _, err := j.Judge(t.Context(), p)
			w.must(err)
			var got []string
			for _, b := range broken {
				if !slices.Contains(got, b.Invariant) && b.Invariant != NoRest {
					got = append(got, b.Invariant)
				}
			}
			slices.Sort(got)
			slices.Sort(tt.want)
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s\n%v", diff, broken)
			}
		})
	}
}
