package registry

import (
	"context"
	"log/slog"
	"net/http/httptest"
	"strings"
	"testing"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/synthetics"
	"github.com/aws/aws-sdk-go-v2/service/synthetics/types"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/testsuite"
	"pgregory.net/rapid"

	"rekey/awssim/fleet"
	"rekey/awssim/kms"
	"rekey/awssim/sim"
	"rekey/workflows"
	"rekey/workflows/activities/access"
	"rekey/workflows/aws"
)

const (
	shop     = "111111111111"
	ireland  = "eu-west-1"
	virginia = "us-east-1"
)

// worldFile is two roles, each of canaries in two Regions, some of which write across Regions, have a baseline, or run for
// long; and two keys in each Region.
const worldFile = `
time_scale: 1500
synthetics: {update_delay: 60s}
accounts:
  - {id: "900000000000", name: hub, regions: [eu-west-1]}
  - {id: "111111111111", name: shop, regions: [eu-west-1, us-east-1]}
users:
  - {account: hub, name: rekey, template: hub, access_key_id: AKIAREKEYHUB00000000, secret_access_key: a-simulated-secret}
  - {account: shop, name: owner, template: admin, access_key_id: AKIASHOPOWNER0000000, secret_access_key: a-simulated-secret}
roles:
  - {account: shop, name: rekey-member, template: member, trusted_by: [hub/user/rekey], external_id: an-external-id}
  - {account: shop, name: one, template: canary}
  - {account: shop, name: two, template: canary}
keys:
  - {account: shop, region: eu-west-1, name: k}
  - {account: shop, region: eu-west-1, name: l}
  - {account: shop, region: us-east-1, name: k}
  - {account: shop, region: us-east-1, name: l}
buckets:
  - {name: shop-ireland, account: shop, region: eu-west-1}
  - {name: shop-virginia, account: shop, region: us-east-1}
canaries:
  - {account: shop, region: eu-west-1, name: plain, role: one, schedule: rate(1 minute), location: shop-ireland/plain}
  - {account: shop, region: eu-west-1, name: visual, role: one, schedule: rate(1 minute), location: shop-ireland/visual, screenshots: [{name: home}]}
  - {account: shop, region: us-east-1, name: across, role: one, schedule: rate(2 minutes), location: shop-ireland/across}
  - {account: shop, region: eu-west-1, name: slow, role: one, schedule: rate(5 minutes), run_duration: 4m, location: shop-ireland/slow}
  - {account: shop, region: us-east-1, name: other, role: two, schedule: rate(1 minute), location: shop-virginia/other, screenshots: [{name: home}]}
  - {account: shop, region: us-east-1, name: slow-too, role: two, schedule: rate(3 minutes), run_duration: 150s, location: shop-virginia/slow-too}
  - {account: shop, region: us-east-1, name: stopped, role: two, state: STOPPED, location: shop-virginia/stopped}
`

// place is a canary with the Region of its bucket, in which the keys of its artifacts are.
type place struct{ name, region, bucket string }

var places = []place{
	{"plain", ireland, ireland}, {"visual", ireland, ireland}, {"across", virginia, ireland}, {"slow", ireland, ireland},
	{"other", virginia, virginia}, {"slow-too", virginia, virginia}, {"stopped", virginia, virginia},
}

// world is a simulated AWS, and what revokes in it.
type world struct {
	sim    *sim.Sim
	names  *fleet.Names
	url    string
	revoke *testsuite.TestActivityEnvironment
	ctx    context.Context
	close  func()
}

// newWorld starts a world whose canaries begin under the keys that are drawn for them, or under SSE-S3.
func newWorld(t *testing.T, r *rapid.T) *world {
	t.Helper()
	f, err := fleet.Parse([]byte(worldFile))
	if err != nil {
		t.Fatal(err)
	}
	for i, p := range places {
		f.Canaries[i].Encryption = &fleet.Encryption{Mode: "SSE_S3"}
		if key := rapid.SampledFrom([]string{"k", "l", ""}).Draw(r, "the key of "+p.name); key != "" {
			f.Canaries[i].Encryption = &fleet.Encryption{Mode: "SSE_KMS", Key: "shop/" + p.bucket + "/" + key}
		}
		f.Canaries[i].EnvironmentKey = rapid.SampledFrom([]string{"", "", "k"}).Draw(r, "the environment's key of "+p.name)
	}
	s, err := sim.New(sim.Config{Fleet: f, Observe: true})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(s.Handler())
	entry, err := aws.New(t.Context(), aws.Config{
		ExternalID: "an-external-id", EndpointURL: server.URL,
		Base: &awssdk.Config{
			Region: ireland, Credentials: credentials.NewStaticCredentialsProvider("AKIAREKEYHUB00000000", "a-simulated-secret", ""),
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	suite := &testsuite.WorkflowTestSuite{}
	suite.SetLogger(log.NewStructuredLogger(slog.New(slog.DiscardHandler)))
	env := suite.NewTestActivityEnvironment()
	env.RegisterActivityWithOptions(access.New(entry).Revoke, activity.RegisterOptions{Name: workflows.RevokeActivity})
	return &world{sim: s, names: f.Names(), url: server.URL, revoke: env, ctx: t.Context(), close: func() {
		server.Close()
		s.Close()
	}}
}

func (w *world) owner(region string) *synthetics.Client {
	return synthetics.New(synthetics.Options{
		Region: region, BaseEndpoint: &w.url,
		Credentials: credentials.NewStaticCredentialsProvider("AKIASHOPOWNER0000000", "a-simulated-secret", ""),
	})
}

func (w *world) pair(role, region, key string) workflows.Pair {
	return workflows.Pair{RoleARN: w.names.Role(role, shop), KeyARN: w.names.Key(key, shop, region)}
}

// grants are a pair's.
func (w *world) grants(pair workflows.Pair) []workflows.AccessChange {
	var list []workflows.AccessChange
	for _, g := range w.sim.World.KMS.Grants(pair.KeyARN) {
		if g.Grantee == pair.RoleARN {
			list = append(list, workflows.AccessChange{Method: workflows.ByGrant, RoleARN: pair.RoleARN, KeyARN: pair.KeyARN, GrantID: g.ID})
		}
	}
	return list
}

// grant gives a pair's role its key, unless it has it.
func (w *world) grant(pair workflows.Pair) error {
	if len(w.grants(pair)) > 0 {
		return nil
	}
	return w.sim.World.KMS.AddGrant(pair.KeyARN, kms.Grant{
		Grantee: pair.RoleARN, IssuingAccount: "arn:aws:iam::" + shop + ":root", Operations: []string{"GenerateDataKey", "Decrypt"},
	})
}

// under is an artifact encryption as UpdateCanary takes it: under a key, or SSE-S3 without.
func under(key string) *types.ArtifactConfigInput {
	e := &types.S3EncryptionConfig{EncryptionMode: types.EncryptionModeSseS3}
	if key != "" {
		e = &types.S3EncryptionConfig{EncryptionMode: types.EncryptionModeSseKms, KmsKeyArn: &key}
	}
	return &types.ArtifactConfigInput{S3Encryption: e}
}

// isBusy reports whether an update was refused because another operation is in progress, or names what is not there.
func isBusy(err error) bool {
	return strings.Contains(err.Error(), "ConflictException") || strings.Contains(err.Error(), "ValidationException")
}
