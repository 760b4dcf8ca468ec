package judge

import (
	"fmt"
	"slices"
	"strings"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/synthetics/types"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"rekey/awssim/fleet"
	"rekey/awssim/verdict"
	"rekey/durable/faults/script"
	rekeyv1 "rekey/gen/rekey/v1"
)

// unchanged compares what no migration may touch. What owners have done to the canary is left out.
func (j *Judge) unchanged(arn string, now *types.Canary) {
	before := j.settings[arn]
	left := []string{"ArtifactConfig", "ArtifactS3Location", "VisualReference", "VisualReferences", "Timeline", "Status", "EngineArn", "EngineConfigs", "DryRunConfig"}
	if j.did(arn, script.EditSchedule) {
		left = append(left, "Schedule")
	}
	unexported := cmpopts.IgnoreUnexported(
		types.Canary{}, types.CanaryCodeOutput{}, types.CanaryScheduleOutput{}, types.RetryConfigOutput{}, types.CanaryRunConfigOutput{},
		types.BrowserConfig{}, types.VpcConfigOutput{},
	)
	// Every update publishes a version of the code's layer, which its ARN ends with.
	versions := cmpopts.IgnoreFields(types.CanaryCodeOutput{}, "SourceLocationArn")
	if diff := cmp.Diff(before, now, unexported, versions, cmpopts.IgnoreFields(types.Canary{}, left...)); diff != "" {
		j.breaks(SettingsTouched, arn, "(-before +now):\n%s", diff)
	}
	if s := now.Status.State; s != before.Status.State && !j.did(arn, script.StopCanary) && !j.saidToRun(arn) {
		j.breaks(SettingsTouched, arn, "it was %s and is %s", before.Status.State, s)
	}
}

// saidToRun reports whether the account of a canary has left, so that nobody could stop what was started there, and a
// migration tells that the canary runs or may.
func (j *Judge) saidToRun(arn string) bool {
	left := slices.ContainsFunc(j.script.Acts(), func(a script.Act) bool {
		return a.Kind == script.LeaveOrganization && strings.Contains(arn, ":"+a.Account+":")
	})
	return left && slices.ContainsFunc(j.told, func(t told) bool {
		return t.arn() == arn && slices.ContainsFunc(t.canary.GetNotices(), func(p *rekeyv1.Problem) bool {
			return p.GetReason() == rekeyv1.ErrorReason_ERROR_REASON_CANARY_LEFT_RUNNING
		})
	})
}

// did reports whether the script has an act of that kind for a canary.
func (j *Judge) did(arn string, k script.Kind) bool {
	for _, a := range j.script.Acts() {
		if a.Kind == k && j.script.ARN(a.Canary) == arn {
			return true
		}
	}
	return false
}

// truth compares what is told of a canary with how it is: one that is said to be migrated has its target, in its settings and
// in what it writes; one that is said to be returned has what it had.
func (j *Judge) truth(c *fleet.Canary, now *types.Canary) {
	arn := script.ARN(c)
	last := j.lastWord(arn)
	if last == nil || j.did(arn, script.EditEncryption) {
		return
	}
	is := encryptionOf(now)
	var want string
	switch last.GetState() {
	case rekeyv1.CanaryState_CANARY_STATE_MIGRATED:
		want = wanted(last.GetTo())
	case rekeyv1.CanaryState_CANARY_STATE_RETURNED:
		want = wanted(last.GetFrom())
	default:
		return
	}
	if is != want {
		j.breaks(ReportUntrue, arn, "it is said to be %s, its encryption is %s and not %s", last.GetState(), is, want)
	}
	o := j.outcome(arn)
	if want == managed {
		want = j.stage.Sim.World.KMS.AWSManagedS3Key(c.Account, c.Region)
	}
	if now.Status.State == types.CanaryStateRunning && o.Wrote != want && len(o.Failures) == 0 {
		j.breaks(ReportUntrue, arn, "it is said to be %s, and writes under %s and not %s", last.GetState(), o.Wrote, want)
	}
}

// lastWord is what the migration tells of a canary that changed it, nil when none or several did: who of them was last is
// not told.
func (j *Judge) lastWord(arn string) *rekeyv1.Canary {
	var found []*rekeyv1.Canary
	for _, t := range j.told {
		if t.arn() == arn && t.canary.GetState() != rekeyv1.CanaryState_CANARY_STATE_SKIPPED &&
			t.canary.GetState() != rekeyv1.CanaryState_CANARY_STATE_BLOCKED {
			found = append(found, t.canary)
		}
	}
	if len(found) != 1 {
		return nil
	}
	return found[0]
}

func (j *Judge) outcome(arn string) verdict.Outcome {
	for _, o := range j.verdict.Outcomes {
		if o.ARN == arn {
			return o
		}
	}
	return verdict.Outcome{}
}

// managed stands for AWS's key, AES256 for S3's own.
const managed = "AWS's key"

func encryptionOf(c *types.Canary) string {
	if c.ArtifactConfig == nil || c.ArtifactConfig.S3Encryption == nil || c.ArtifactConfig.S3Encryption.EncryptionMode == "" {
		return managed
	}
	if c.ArtifactConfig.S3Encryption.EncryptionMode == types.EncryptionModeSseS3 {
		return "AES256"
	}
	return awssdk.ToString(c.ArtifactConfig.S3Encryption.KmsKeyArn)
}

func wanted(e *rekeyv1.Encryption) string {
	switch e.GetMode() {
	case rekeyv1.EncryptionMode_ENCRYPTION_MODE_AWS_MANAGED:
		return managed
	case rekeyv1.EncryptionMode_ENCRYPTION_MODE_SSE_S3:
		return "AES256"
	case rekeyv1.EncryptionMode_ENCRYPTION_MODE_SSE_KMS:
		return e.GetKmsKeyArn()
	default:
		return fmt.Sprint(e)
	}
}
