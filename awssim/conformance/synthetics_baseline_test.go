package conformance

import (
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awskms "github.com/aws/aws-sdk-go-v2/service/kms"
	kmstypes "github.com/aws/aws-sdk-go-v2/service/kms/types"
	awssynthetics "github.com/aws/aws-sdk-go-v2/service/synthetics"
	"github.com/aws/aws-sdk-go-v2/service/synthetics/types"
)

// nextrun is the base that makes the next run the baseline.
const nextrun = "nextrun"

// baselineFolder is where the runtime copies a baseline to (aws-cdk issue 19240).
const baselineFolder = "/visualBaseReference"

func baselineFacts() []fact {
	return []fact{
		{
			name: "BaseRunMustBeTheCanarys", status: confirmed, mutates: true, needs: []subject{visualCanary},
			source: "API_VisualReferenceInput, BaseCanaryRunId",
			check: func(x *trial) {
				x.refused(x.rebase(visualCanary, "00000000-0000-4000-8000-000000000000"), validation)
			},
		},
		{
			name: "BaseRunOlderThan31DaysIsRefused", status: confirmed, mutates: true, needs: []subject{agedVisual},
			source: "API_VisualReferenceInput, BaseCanaryRunId",
			check: func(x *trial) {
				r := x.ended(agedVisual)
				if age := x.clock.Now().Sub(*r.Timeline.Started); age < 31*24*time.Hour {
					x.Skipf("the last run was %s ago only", age)
				}
				x.refused(x.rebase(agedVisual, *r.Id), validation)
			},
		},
		{
			name: "BaseRunMayBeARunsId", status: confirmed, mutates: true, needs: []subject{visualCanary, key},
			source: "API_VisualReferenceInput, BaseCanaryRunId", check: baseRunMayBeARun,
		},
		{
			name: "IgnoreAreasAreAtMostTwentyOfFourNumbers", status: confirmed, mutates: true, needs: []subject{visualCanary},
			source: "API model, BaseScreenshotIgnoreCoordinates", check: ignoreAreas,
		},
		{
			name: "ScreenshotsLeftOutAreNotCompared", status: confirmed, mutates: true, needs: []subject{visualCanary},
			source: "API_BaseScreenshot",
			check: func(x *trial) {
				in := rebased(x.canary(visualCanary), nextrun)
				for i := range in {
					in[i].BaseScreenshots = in[i].BaseScreenshots[:1]
				}
				known := x.history(visualCanary)
				x.edit(visualCanary, &awssynthetics.UpdateCanaryInput{VisualReferences: in})
				x.nextOf(visualCanary, known, 2)
				for _, v := range x.canary(visualCanary).VisualReferences {
					if len(v.BaseScreenshots) != 1 {
						x.Errorf("%s", text(v))
					}
				}
			},
		},
		{
			name: "NewRuntimesTakeVisualReferencesOnly", status: confirmed, mutates: true, needs: []subject{visualCanary},
			source: "API_UpdateCanary, VisualReference",
			check: func(x *trial) {
				x.refused(x.update(visualCanary, &awssynthetics.UpdateCanaryInput{
					VisualReference: &types.VisualReferenceInput{BaseCanaryRunId: aws.String(nextrun), BrowserType: types.BrowserTypeChrome},
				}), validation)
			},
		},
		{
			name: "OldRuntimesTakeBothForms", status: confirmed, mutates: true, needs: []subject{oldVisual},
			source: "API_UpdateCanary, VisualReference",
			check: func(x *trial) {
				shots := x.canary(oldVisual).VisualReference.BaseScreenshots
				one := types.VisualReferenceInput{BaseCanaryRunId: aws.String(nextrun), BaseScreenshots: shots}
				x.edit(oldVisual, &awssynthetics.UpdateCanaryInput{VisualReference: &one})
				x.edit(oldVisual, &awssynthetics.UpdateCanaryInput{VisualReferences: []types.VisualReferenceInput{one}})
			},
		},
		{
			name: "NextRunBecomesTheBaseline", status: confirmed, mutates: true, needs: []subject{visualCanary},
			source: "API_VisualReferenceInput, BaseCanaryRunId", check: nextRunBecomesTheBaseline,
		},
		{
			name: "KeyLocationAndBaselineTravelInOneUpdate", status: inferred, mutates: true, needs: []subject{visualCanary, otherKey},
			source: "API_UpdateCanary's members; that they take effect together is inferred", check: oneUpdate,
		},
		{
			name: "BaselineIsCopiedBesideTheRuns", status: confirmed, needs: []subject{visualCanary}, source: "aws-cdk issue 19240",
			check: func(x *trial) {
				_, keys := x.artifacts(x.baseline(visualCanary))
				if len(keys) == 0 || !strings.HasSuffix(keys[0], ".png") {
					x.Errorf("%v", keys)
				}
			},
		},
		{
			name: "BaselineStaysUnderTheOldKeyWithoutANewOne", status: inferred, mutates: true, needs: []subject{visualCanary, key, otherKey},
			source: "only a baseline run copies screenshots (aws-cdk issue 19240)",
			check: func(x *trial) {
				known := x.history(visualCanary)
				x.edit(visualCanary, x.under(otherKey))
				x.nextOf(visualCanary, known, 2)
				if under := x.encryption(x.baseline(visualCanary)); under != x.id(key) {
					x.Errorf("the baseline lies under %s", under)
				}
			},
		},
		{
			name: "RunNeedsDecryptOnTheBaselinesKey", status: inferred, mutates: true, needs: []subject{visualCanary, key, otherKey},
			source: "the runtime reads the baseline with the canary's role", check: runNeedsTheBaselinesKey,
		},
		{
			name: "VisualVarianceFailsTheRun", status: confirmed, needs: []subject{varyingVisual},
			source: "CloudWatch User Guide, Library_Nodejs: withFailCanaryRunOnVisualVariance",
			check: func(x *trial) {
				expectStatus(x, x.ended(varyingVisual), types.CanaryRunStateReasonCodeCanaryFailure, types.CanaryRunTestResultFailed)
			},
		},
	}
}

// baseline is the location of the canary's baseline.
func (x *trial) baseline(s subject) string {
	x.Helper()
	return strings.TrimSuffix(*x.canary(s).ArtifactS3Location, "/") + baselineFolder
}

// rebase gives every browser's baseline another base.
func (x *trial) rebase(s subject, base string) error {
	x.Helper()
	return x.update(s, &awssynthetics.UpdateCanaryInput{VisualReferences: rebased(x.canary(s), base)})
}

func baseRunMayBeARun(x *trial) {
	known := x.history(visualCanary)
	x.edit(visualCanary, x.under(key))
	in := rebased(x.canary(visualCanary), "")
	for _, r := range x.nextOf(visualCanary, known, 2) {
		for i := range in {
			if in[i].BrowserType == r.BrowserType {
				in[i].BaseCanaryRunId = r.Id
			}
		}
	}
	for i, v := range x.edit(visualCanary, &awssynthetics.UpdateCanaryInput{VisualReferences: in}).VisualReferences {
		if *v.BaseCanaryRunId != *in[i].BaseCanaryRunId {
			x.Errorf("%s, want %s", text(v), text(in[i]))
		}
	}
}

func ignoreAreas(x *trial) {
	try := func(areas ...string) error {
		in := rebased(x.canary(visualCanary), nextrun)
		for i := range in {
			in[i].BaseScreenshots = []types.BaseScreenshot{{ScreenshotName: aws.String("home"), IgnoreCoordinates: areas}}
		}
		return x.update(visualCanary, &awssynthetics.UpdateCanaryInput{VisualReferences: in})
	}
	many := strings.Split(strings.Repeat("0,0,1,1;", 20)+"0,0,1,1", ";")
	x.refused(try(many...), validation)
	for _, wrong := range []string{"1,2,3", "1,2,3,x", "12345678,0,0,0", "0.123,0,0,0"} {
		x.refused(try(wrong), validation)
	}
	x.must(try(append(many[:19], "-1.5,0,99999,0.25")...))
}

func nextRunBecomesTheBaseline(x *trial) {
	known := x.history(visualCanary)
	x.must(x.rebase(visualCanary, nextrun))
	x.settled(visualCanary)
	fresh := map[string]bool{nextrun: false}
	for _, r := range x.nextOf(visualCanary, known, 2) {
		fresh[*r.Id] = true
	}
	for _, v := range x.canary(visualCanary).VisualReferences {
		if !fresh[*v.BaseCanaryRunId] {
			x.Errorf("%s isn't of the next run", text(v))
		}
	}
}

func oneUpdate(x *trial) {
	known := x.history(visualCanary)
	before := x.canary(visualCanary)
	to := strings.TrimSuffix(*before.ArtifactS3Location, "/") + "/moved"
	in := x.under(otherKey)
	in.ArtifactS3Location, in.VisualReferences = aws.String("s3://"+to), rebased(before, nextrun)
	x.edit(visualCanary, in)
	for _, r := range x.nextOf(visualCanary, known, 2) {
		x.expectEncryption(r, otherKey)
		if !strings.HasPrefix(*r.ArtifactS3Location, to+"/") || r.Status.State != types.CanaryRunStatePassed {
			x.Errorf("%s at %s", text(r.Status), *r.ArtifactS3Location)
		}
	}
	if under := x.encryption(x.baseline(visualCanary)); under != x.id(otherKey) {
		x.Errorf("the baseline lies under %q", under)
	}
	if now := x.canary(visualCanary); text(screenshots(now.VisualReferences)) != text(screenshots(before.VisualReferences)) {
		x.Errorf("the screenshots were %s and are %s", text(before.VisualReferences), text(now.VisualReferences))
	}
}

// runNeedsTheBaselinesKey takes the old key from the role while the baseline still lies under it.
func runNeedsTheBaselinesKey(x *trial) {
	known := x.history(visualCanary)
	x.edit(visualCanary, x.under(otherKey))
	for _, r := range x.nextOf(visualCanary, known, 2) {
		known[*r.Id] = true
	}
	x.takeGrants(key, *x.canary(visualCanary).ExecutionRoleArn)
	x.eventually(2*propagation, "a run fails for want of the old key", func() bool {
		x.must(x.again(visualCanary))
		x.settled(visualCanary)
		runs := x.nextOf(visualCanary, known, 2)
		known[*runs[0].Id], known[*runs[1].Id] = true, true
		return runs[0].Status.StateReasonCode == types.CanaryRunStateReasonCodeExecutionFailure
	})
}

// takeGrants revokes a role's grants on a key, and makes them anew when the trial ends.
func (x *trial) takeGrants(s subject, grantee string) {
	x.Helper()
	out, err := x.kms.ListGrants(x.ctx, &awskms.ListGrantsInput{KeyId: x.named(s), GranteePrincipal: &grantee})
	x.must(err)
	if len(out.Grants) == 0 {
		x.Skip("the role has no grant to take")
	}
	for _, g := range out.Grants {
		x.Cleanup(func() { x.makeGrant(s, g) })
		_, err := x.kms.RevokeGrant(x.ctx, &awskms.RevokeGrantInput{KeyId: x.named(s), GrantId: g.GrantId})
		x.must(err)
	}
}

func (x *trial) makeGrant(s subject, like kmstypes.GrantListEntry) {
	_, err := x.kms.CreateGrant(x.ctx, &awskms.CreateGrantInput{
		KeyId: x.named(s), GranteePrincipal: like.GranteePrincipal, Name: like.Name, Operations: like.Operations,
		RetiringPrincipal: like.RetiringPrincipal, Constraints: like.Constraints,
	})
	x.must(err)
}
