package baseline

import (
	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/synthetics"
	"github.com/aws/aws-sdk-go-v2/service/synthetics/types"

	"rekey/workflows"
	"rekey/workflows/runtime"
)

// request is the smallest UpdateCanary that sets visual references. Newer runtimes take VisualReferences only;
// older ones take both, and there a single reference goes where the canary's own is most likely to be.
func request(recorded workflows.Settings, references []workflows.VisualReference) *synthetics.UpdateCanaryInput {
	in := &synthetics.UpdateCanaryInput{Name: awssdk.String(recorded.Name)}
	if len(references) == 1 && !runtime.Parse(recorded.Runtime).PluralReferencesOnly() {
		single := reference(references[0])
		in.VisualReference = &single
		return in
	}
	for _, r := range references {
		in.VisualReferences = append(in.VisualReferences, reference(r))
	}
	return in
}

func reference(r workflows.VisualReference) types.VisualReferenceInput {
	v := types.VisualReferenceInput{
		BaseCanaryRunId: awssdk.String(r.BaseRunID),
		BrowserType:     types.BrowserType(r.Browser),
	}
	for _, s := range r.Screenshots {
		v.BaseScreenshots = append(v.BaseScreenshots, types.BaseScreenshot{
			ScreenshotName: awssdk.String(s.Name), IgnoreCoordinates: s.Ignore,
		})
	}
	return v
}
