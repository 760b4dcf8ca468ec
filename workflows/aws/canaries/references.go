package canaries

import (
	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/synthetics"
	"github.com/aws/aws-sdk-go-v2/service/synthetics/types"

	"rekey/workflows"
	"rekey/workflows/runtime"
)

// SetReferences puts visual references into a request. Newer runtimes take VisualReferences only; older ones take both,
// and there a single reference goes where the canary's own is most likely to be.
func SetReferences(in *synthetics.UpdateCanaryInput, recorded workflows.Settings, references []workflows.VisualReference) {
	if len(references) == 1 && !runtime.Parse(recorded.Runtime).PluralReferencesOnly() {
		single := reference(references[0])
		in.VisualReference = &single
		return
	}
	for _, r := range references {
		in.VisualReferences = append(in.VisualReferences, reference(r))
	}
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
