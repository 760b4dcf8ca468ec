package designs

import (
	"context"
	"fmt"
	"slices"
	"time"

	"go.temporal.io/sdk/activity"

	"rekey/workflows"
	"rekey/workflows/failure"
)

// Times of the AWS that is left out, in real time.
const (
	runAfter   = 2 * time.Second // a run is complete that long after an update
	accessTime = time.Second     // until given access is seen
)

const (
	bucketRegion = "eu-west-1"
	oldKey       = "arn:aws:kms:eu-west-1:111111111111:key/old"
	newKey       = "arn:aws:kms:eu-west-1:111111111111:key/new"
)

// scripted answers what AWS would, for cells of as many canaries.
type scripted struct{ perCell int }

// activities are the scripted ones, by name.
func (s scripted) activities() map[string]any {
	return map[string]any{
		workflows.TakeCensusActivity:    s.takeCensus,
		workflows.ResolveKeysActivity:   resolveKeys,
		workflows.SurveyAccessActivity:  surveyAccess,
		workflows.EnsureAccessActivity:  ensureAccess,
		workflows.UpdateCanaryActivity:  updateCanary,
		workflows.ConfirmUpdateActivity: confirmUpdate,
		workflows.ApplyUpdateActivity:   applyUpdate,
		workflows.AwaitRunsActivity:     awaitRuns,
		workflows.ProveRunsActivity:     proveRuns,
		workflows.RevokeActivity:        revoke,
		workflows.AwaitDenialActivity:   awaitDenial,
		workflows.CompareActivity:       compare,
		ensureAllActivity:               ensureAll,
		applyAllActivity:                applyAll,
	}
}

// settings are those of a canary that is migrated: not visual, of a runtime that takes no dry run, with a role of its own.
func settings(cell workflows.Cell, i int) workflows.Settings {
	name := fmt.Sprintf("canary-%04d", i)
	return workflows.Settings{
		ID: cell.Account + cell.Region + name, Name: name, State: "RUNNING", Runtime: "syn-nodejs-puppeteer-9.1",
		RoleARN: "arn:aws:iam::" + cell.Account + ":role/" + name + cell.Region, Schedule: "rate(5 minutes)",
		From:     workflows.Encryption{Mode: workflows.SSEKMS, KeyARN: oldKey},
		Location: "artifacts-" + cell.Account + "/" + name, BucketRegion: bucketRegion,
	}
}

func (s scripted) takeCensus(_ context.Context, in workflows.CensusInput) (workflows.Census, error) {
	census := workflows.Census{Dated: time.Now()}
	for i := range s.perCell {
		census.Canaries = append(census.Canaries, settings(in.Cell, i))
	}
	return census, nil
}

func resolveKeys(context.Context, workflows.ResolveInput) ([]workflows.KeyFacts, error) {
	return []workflows.KeyFacts{{Region: bucketRegion, ARN: newKey, State: "Enabled"}}, nil
}

func surveyAccess(_ context.Context, in workflows.SurveyInput) (workflows.Survey, error) {
	var survey workflows.Survey
	for _, use := range in.Uses {
		pair := workflows.Pair{RoleARN: use.RoleARN, KeyARN: use.Encryption.KeyARN}
		survey.Routes = append(survey.Routes, workflows.Route{
			Pair: pair, GrantName: workflows.GrantName(use.RoleARN, "", use.Encryption.KeyARN), Delegated: true, ReadablePolicy: true,
		})
		survey.Roles = append(survey.Roles, workflows.RoleFacts{ARN: use.RoleARN})
	}
	for _, old := range in.Old {
		survey.Old = append(survey.Old, workflows.AccessChange{
			Method: workflows.ByGrant, RoleARN: old.RoleARN, KeyARN: old.KeyARN, GrantID: "grant-of-" + old.RoleARN,
		})
	}
	return survey, nil
}

// ensureAccess gives access at the first attempt, and sees it at the second, as the real one does.
func ensureAccess(ctx context.Context, in workflows.EnsureAccessInput) (workflows.Effective, error) {
	if activity.GetInfo(ctx).Attempt == 1 {
		return workflows.Effective{}, failure.Wait("it is not seen yet", accessTime)
	}
	return given(in.Change), nil
}

func given(change workflows.AccessChange) workflows.Effective {
	change.GrantID = "grant-to-" + change.RoleARN
	return workflows.Effective{Change: change, Since: time.Now().Add(-time.Hour)}
}

func updateCanary(context.Context, workflows.UpdateInput) (workflows.Updated, error) {
	return workflows.Updated{Since: time.Now()}, nil
}

func confirmUpdate(context.Context, workflows.ConfirmInput) (workflows.Confirmed, error) {
	return workflows.Confirmed{State: "RUNNING", Settled: time.Now()}, nil
}

func applyUpdate(context.Context, workflows.ApplyUpdateInput) (workflows.Applied, error) {
	return applied(), nil
}

func applied() workflows.Applied {
	now := time.Now()
	return workflows.Applied{Updated: workflows.Updated{Since: now}, Confirmed: workflows.Confirmed{State: "RUNNING", Settled: now}}
}

func awaitRuns(_ context.Context, in workflows.AwaitRunsInput) (workflows.ReadyRuns, error) {
	var ready workflows.ReadyRuns
	for _, w := range in.Waiting {
		if time.Since(w.Since) < runAfter {
			continue
		}
		run := workflows.Run{ID: "run-of-" + w.Name, State: "PASSED", Started: w.Since.Add(time.Second), Location: "artifacts/" + w.Name}
		r := workflows.Ready{Name: w.Name, Runs: []workflows.Run{run}}
		if w.Prove != nil {
			r.Proofs = proofs(r.Runs, w.Prove.Encryption)
		}
		ready.Ready = append(ready.Ready, r)
	}
	if len(ready.Ready) == 0 {
		return ready, failure.Wait("no run is complete", in.Poll.Delay(in.Poll.Every))
	}
	return ready, nil
}

func proveRuns(_ context.Context, in workflows.ProveInput) ([]workflows.RunProof, error) {
	return proofs(in.Runs, in.Want), nil
}

func proofs(runs []workflows.Run, want workflows.Encryption) []workflows.RunProof {
	var list []workflows.RunProof
	for _, run := range runs {
		list = append(list, workflows.RunProof{Run: run, Finding: workflows.RightKey, Encryption: want, Objects: 3})
	}
	return list
}

func revoke(_ context.Context, in workflows.RevokeInput) ([]workflows.RevokeResult, error) {
	var list []workflows.RevokeResult
	for _, pair := range in.Pairs {
		list = append(list, workflows.RevokeResult{Pair: pair.Pair, Revoked: slices.Clone(pair.Changes), At: time.Now()})
	}
	return list, nil
}

func awaitDenial(_ context.Context, in workflows.AwaitDenialInput) ([]workflows.Denial, error) {
	return nil, failure.Wait("nothing was denied", in.Poll.Delay(in.Poll.Every))
}

func compare(context.Context, workflows.CompareInput) (workflows.Comparison, error) {
	return workflows.Comparison{}, nil
}
