package migration

import (
	"fmt"
	"slices"

	"go.temporal.io/sdk/workflow"

	"rekey/workflows"
	"rekey/workflows/failure"
)

// awaitApproval waits for the approvals that the policy asks for; a policy that asks for none runs the plan at once.
func (m *migration) awaitApproval(ctx workflow.Context) error {
	m.view.Approvals, m.view.Approval = nil, nil
	if p := m.view.Spec.Approval; p != nil && p.Required == 0 {
		m.view.Approval = &workflows.Approval{
			Digest: m.view.Plan.Digest, Comment: "The approval policy asks for no approval.", Time: workflow.Now(ctx),
		}
		return m.enter(ctx, workflows.Running, "")
	}
	return m.enter(ctx, workflows.AwaitingApproval, "")
}

// mayApprove refuses an approval of another plan, when nothing waits for one, or of somebody whose approval does not count.
// Approving again what was approved is allowed, and does nothing.
func (m *migration) mayApprove(_ workflow.Context, in workflows.Approval) error {
	if m.view.Approval != nil && m.view.Approval.Digest == in.Digest {
		return nil
	}
	if m.view.State != workflows.AwaitingApproval {
		return failure.Refuse(m.wrongState("approved"))
	}
	if m.view.Plan.Digest != in.Digest {
		return failure.Refuse(&workflows.Problem{
			Reason:   workflows.PlanDigestMismatch,
			Message:  fmt.Sprintf("The plan of migration %s has the digest %s, not %s.", m.view.ID, m.view.Plan.Digest, in.Digest),
			NextStep: "Read the plan that waits for approval, and approve its digest.",
			Metadata: map[string]string{"migration_id": m.view.ID, "plan_digest": m.view.Plan.Digest, "given": in.Digest},
		})
	}
	if p := m.counts(in.By); p != nil {
		return failure.Refuse(p)
	}
	return nil
}

// counts is why somebody's approval does not count; nil when it does.
func (m *migration) counts(by workflows.Caller) *workflows.Problem {
	policy := m.policy()
	if !policy.ExcludeCreator && policy.Required < 2 {
		return nil
	}
	switch {
	case !by.Verified && !m.in.AnyName, by.Name == "":
		return &workflows.Problem{
			Reason:   workflows.CallerNotVerified,
			Message:  fmt.Sprintf("The approval policy of migration %s asks for names that are verified, and %q is not.", m.view.ID, by.Name),
			NextStep: "Approve with a client certificate.",
			Metadata: map[string]string{"caller": by.Name},
		}
	case policy.ExcludeCreator && by.Name == m.view.By.Name:
		return &workflows.Problem{
			Reason:   workflows.ApproverNotAllowed,
			Message:  fmt.Sprintf("%s created migration %s, and its approval policy leaves the creator out.", by.Name, m.view.ID),
			NextStep: "Ask somebody else to approve.",
			Metadata: map[string]string{"migration_id": m.view.ID, "caller": by.Name},
		}
	}
	return nil
}

// policy is the approval policy; anybody once, where the spec has none.
func (m *migration) policy() workflows.ApprovalPolicy {
	if p := m.view.Spec.Approval; p != nil {
		return *p
	}
	return workflows.ApprovalPolicy{Required: 1}
}

// approve keeps an approval, one of each person, and lets the plan run when there are enough that have not expired.
func (m *migration) approve(ctx workflow.Context, in workflows.Approval) (workflows.MigrationView, error) {
	if m.view.Approval != nil {
		return m.shown(), nil
	}
	now := workflow.Now(ctx)
	in.Time = now
	m.log(ctx, workflows.Control{Verb: workflows.ApproveVerb, By: in.By, Detail: in.Comment})
	if policy := m.policy(); m.in.Format > 0 {
		in.Expires = now.Add(policy.ValidFor)
		m.view.Approvals = slices.DeleteFunc(m.view.Approvals, func(a workflows.Approval) bool {
			return a.By.Name == in.By.Name || !now.Before(a.Expires)
		})
		m.view.Approvals = append(m.view.Approvals, in)
		if n := len(m.view.Approvals); n < policy.Required {
			m.view.StateReason = fmt.Sprintf("%d of %d approvals were given.", n, policy.Required)
			m.changed(ctx)
			return m.shown(), nil
		}
	}
	m.view.Approval = &in
	err := m.enter(ctx, workflows.Running, "")
	return m.shown(), err
}
