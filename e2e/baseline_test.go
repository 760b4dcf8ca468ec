package e2e

import (
	"slices"
	"testing"
	"time"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/types/known/durationpb"

	"rekey/awssim/synthetics"
	rekeyv1 "rekey/gen/rekey/v1"
)

// TestBaselineThatAWSPutBack has AWS put the recorded baseline back after it took the new one. The retry sets it again: if it
// only waited for a run to compare, the run would compare with the recorded one, whose key is then taken away.
func TestBaselineThatAWSPutBack(t *testing.T) {
	s := start(t, parse(t, canaryRole("shop", "one", ""), `
  - {account: shop, region: eu-west-1, name: site-down, role: one, schedule: rate(1 minute), runtime: syn-nodejs-puppeteer-9.1, encryption: {mode: SSE_KMS, key: k}, screenshots: [{name: home, ignore: ["1,1,20,20"]}]}
`))
	s.siteIsDown(true) // so that no run is made the baseline yet
	spec := s.spec([]string{shop}, []string{ireland}, "shop/eu-west-1/l")
	spec.Waits.RevokeWatch = durationpb.New(5 * time.Minute)
	m := s.begun(spec, func(m *rekeyv1.Migration) bool { return inStep(m, rekeyv1.CanaryStep_CANARY_STEP_BASELINE) })
	if err := s.sim.Synthetics.RollBackNextUpdate(synthetics.ARN(shop, ireland, "site-down"), "no capacity"); err != nil {
		t.Fatal(err)
	}
	s.siteIsDown(false)
	m = s.await(m.GetId(), rested)
	want := map[string]outcome{"site-down": {
		State: rekeyv1.CanaryState_CANARY_STATE_FAILED, Reason: rekeyv1.ErrorReason_ERROR_REASON_ROLLED_BACK_BY_AWS,
		Baseline: rekeyv1.BaselineState_BASELINE_STATE_OLD, Old: held,
	}}
	if diff := cmp.Diff(want, outcomes(s.canaries(m))); diff != "" {
		t.Errorf("at first (-want +got):\n%s", diff)
	}
	m = s.retried(m, nil)
	s.approve(m)
	m = s.await(m.GetId(), rested)
	if diff := cmp.Diff(map[string]outcome{"site-down": {State: migrated, Baseline: confirmed, Old: revoked}}, outcomes(s.canaries(m))); diff != "" {
		t.Errorf("after the retry (-want +got):\n%s", diff)
	}
	var told, is []string
	for _, run := range s.canaries(m)["site-down"].GetBaseline().GetRuns() {
		told = append(told, run.GetRunId())
	}
	for _, reference := range s.shown("site-down").VisualReferences {
		is = append(is, awssdk.ToString(reference.BaseCanaryRunId))
	}
	if !slices.Equal(told, is) || len(is) != 1 {
		t.Errorf("the baseline is told to be of %v, and is of %v", told, is)
	}
	s.undisturbed()
}
