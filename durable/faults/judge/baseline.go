package judge

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/synthetics/types"
	"github.com/google/go-cmp/cmp"

	"rekey/awssim/apierr"
	"rekey/awssim/fleet"
	"rekey/awssim/identity"
	simulated "rekey/awssim/synthetics"
	"rekey/durable/faults/script"
	rekeyv1 "rekey/gen/rekey/v1"
)

// baseline compares a visual canary's baseline with the one that it had: a reference for each browser, with the same
// screenshots and ignore areas, whose objects are there and can be read by the canary's role.
func (j *Judge) baseline(c *fleet.Canary, now *types.Canary) {
	if len(c.Screenshots) == 0 {
		return
	}
	arn := script.ARN(c)
	was, is := shapes(j.settings[arn]), shapes(now)
	if diff := cmp.Diff(was, is); diff != "" {
		j.breaks(BaselineLost, arn, "its references (-before +now):\n%s", diff)
	}
	frozen := j.stage.Sim.World.Freeze()
	for _, n := range j.stage.Sim.Synthetics.Needs() {
		if n.Canary != arn || n.For != simulated.NeedBaseline || n.Run != "" {
			continue
		}
		object, ok := j.stage.Sim.World.S3.Stat(n.Bucket, n.Object)
		if !ok {
			j.breaks(BaselineLost, arn, "there is no object %s in %s", n.Object, n.Bucket)
			continue
		}
		err := frozen.CheckGet(identity.Role(n.Role, "judge"), n.Bucket, n.Object, object.Encryption)
		if err != nil && !j.withheld[n.Role] && !j.withheld[object.Encryption.KeyARN] {
			j.breaks(BaselineLost, arn, "object %s, under %s, can't be read: %v", n.Object, object.Encryption.KeyARN, reason(err))
		}
	}
	j.toldBaseline(arn, now)
}

func reason(err error) string {
	if refused, ok := errors.AsType[*apierr.Error](err); ok {
		return refused.Code
	}
	return err.Error()
}

// toldBaseline compares what is told of a confirmed baseline with the run that AWS shows it to be made from.
func (j *Judge) toldBaseline(arn string, now *types.Canary) {
	last := j.lastWord(arn)
	if last.GetState() != rekeyv1.CanaryState_CANARY_STATE_MIGRATED || last.GetBaseline().GetState() != rekeyv1.BaselineState_BASELINE_STATE_CONFIRMED {
		return
	}
	var is, said []string
	for _, r := range references(now) {
		is = append(is, awssdk.ToString(r.BaseCanaryRunId))
	}
	for _, r := range last.GetBaseline().GetRuns() {
		said = append(said, r.GetRunId())
	}
	slices.Sort(is)
	slices.Sort(said)
	if diff := cmp.Diff(said, is); diff != "" {
		j.breaks(ReportUntrue, arn, "the runs that its baseline is made from (-told +is):\n%s", diff)
	}
}

func references(c *types.Canary) []types.VisualReferenceOutput {
	if len(c.VisualReferences) == 0 && c.VisualReference != nil {
		return []types.VisualReferenceOutput{*c.VisualReference}
	}
	return c.VisualReferences
}

// shapes are the references without the runs that they are made from.
func shapes(c *types.Canary) []string {
	var list []string
	for _, r := range references(c) {
		var shots []string
		for _, shot := range r.BaseScreenshots {
			shots = append(shots, awssdk.ToString(shot.ScreenshotName)+" "+strings.Join(shot.IgnoreCoordinates, "; "))
		}
		slices.Sort(shots)
		list = append(list, fmt.Sprintf("%s: %s", r.BrowserType, strings.Join(shots, ", ")))
	}
	slices.Sort(list)
	return list
}
