package census

import (
	"context"
	"time"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/synthetics"

	"rekey/workflows"
	"rekey/workflows/aws"
	"rekey/workflows/aws/canaries"
	"rekey/workflows/failure"
)

// maxPages is how many pages of a canary's runs are searched for that of its baseline: some 35 days of a run every five
// minutes.
const maxPages = 100

// dateBaselines fills in when the runs of baselines started, for the canaries that have one. Only a run that is still
// kept can be named again.
func dateBaselines(ctx context.Context, api Synthetics, cell workflows.Cell, list []workflows.Settings) error {
	for i := range list {
		if len(list[i].Visual) == 0 {
			continue
		}
		var err error
		if list[i].BaselineAt, err = baselineAt(ctx, api, cell, list[i]); err != nil {
			return err
		}
	}
	return nil
}

// baselineAt is when the oldest run of a baseline started, zero when a run is not to be found. A reference that waits for
// its run is as old as the newest run.
func baselineAt(ctx context.Context, api Synthetics, cell workflows.Cell, s workflows.Settings) (time.Time, error) {
	wanted := map[string]bool{}
	for _, v := range s.Visual {
		if !canaries.IsPending(v) {
			wanted[v.BaseRunID] = true
		}
	}
	var oldest time.Time
	pages := synthetics.NewGetCanaryRunsPaginator(api, &synthetics.GetCanaryRunsInput{Name: awssdk.String(s.Name)})
	for n := 0; pages.HasMorePages() && n < maxPages; n++ {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return time.Time{}, failure.Classified(aws.Classify(call(cell, "synthetics:GetCanaryRuns", s.Name), err))
		}
		for _, run := range page.CanaryRuns {
			id := awssdk.ToString(run.Id)
			isNewest := len(wanted) == 0 && oldest.IsZero()
			if run.Timeline == nil || !wanted[id] && !isNewest {
				continue
			}
			delete(wanted, id)
			if at := awssdk.ToTime(run.Timeline.Started); oldest.IsZero() || at.Before(oldest) {
				oldest = at
			}
		}
		if len(wanted) == 0 {
			return oldest, nil
		}
	}
	return time.Time{}, nil
}
