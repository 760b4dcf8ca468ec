package access

import (
	"context"

	"rekey/workflows"
	"rekey/workflows/failure"
	"rekey/workflows/gate"
)

// writeOpen writes the edits that no pause holds, together. The others have PAUSED as their problem, so that a paused
// migration is in nobody else's way: who asked for them asks again.
func (k keys) writeOpen(ctx context.Context, edits []workflows.KeyEdit) (workflows.KeyPolicyResult, error) {
	result := workflows.KeyPolicyResult{Problems: keptBack(ctx, edits)}
	open := workflows.KeyPolicyInput{KeyARN: k.arn}
	for i, e := range edits {
		if result.Problems[i] == nil {
			open.Edits = append(open.Edits, e)
		}
	}
	if len(open.Edits) == 0 {
		return result, nil
	}
	written, err := k.writeAll(gate.OnBehalf(ctx, open.Subjects()), open.Edits)
	if failure.IsPause(err) {
		return result, failure.Wait("a migration was paused before the policy was written", minDelay)
	}
	if err != nil {
		return result, err
	}
	result.Dated = written.Dated
	for i := range edits {
		if result.Problems[i] == nil {
			result.Problems[i], written.Problems = written.Problems[0], written.Problems[1:]
		}
	}
	return result, nil
}

// keptBack are the problems of edits that are not to be made just now, nil for the others. A migration that does not answer
// holds its own edits alone: who asked for them finds out whether it is paused.
func keptBack(ctx context.Context, edits []workflows.KeyEdit) []*workflows.Problem {
	problems := make([]*workflows.Problem, len(edits))
	silent := map[string]*workflows.Problem{} // each is waited for once
	for i, e := range edits {
		if problems[i] = silent[e.By.Migration]; problems[i] != nil {
			continue
		}
		err := gate.Ask(gate.OnBehalf(ctx, e.Subjects()))
		if err == nil {
			continue
		}
		problem := *failure.Problem(err)
		problems[i] = &problem
		if !failure.IsPause(err) {
			problem.Reason = workflows.Paused
			silent[e.By.Migration] = &problem
		}
	}
	return problems
}
