package planning

import (
	"fmt"
	"slices"
	"strings"

	"rekey/workflows"
)

// hold decides whether the old access is kept on purpose. The hold that an operator can take away comes last, so that
// a confirmation does not take another with it.
func (d *draft) hold() {
	if p := d.unseen(); p != nil {
		d.Hold = p // what can't be seen can't be planned to be removed
		return
	}
	if len(d.Revokes) == 0 {
		return
	}
	for _, reason := range []func() *workflows.Problem{d.baselineStays, d.roleShared, d.managed} {
		if d.Hold = reason(); d.Hold != nil {
			return
		}
	}
}

// unseen is why old access is kept whose grants could not be listed.
func (d *draft) unseen() *workflows.Problem {
	for _, pair := range d.oldPairs() {
		if slices.Contains(d.Survey.Unlisted, pair) {
			return &workflows.Problem{
				Reason:   workflows.AccessDenied,
				Message:  fmt.Sprintf("The grants of %s on %s could not be listed, so none can be revoked.", pair.RoleARN, pair.KeyARN),
				NextStep: "Let the key's policy delegate kms:ListGrants and kms:RevokeGrant to the account, or revoke them in the key's account.",
				Metadata: map[string]string{"operation": "kms:ListGrants", "aws_code": "AccessDeniedException"},
			}
		}
	}
	return nil
}

// baselineStays keeps the access to a key under which a baseline goes on being read.
func (d *draft) baselineStays() *workflows.Problem {
	if !d.Visual() || d.Action == workflows.RevokeOnly {
		return nil
	}
	var why string
	switch {
	case d.Policies.Baseline == workflows.BaselineKeep:
		why = "the policy keeps it"
	case d.Proving == workflows.ByDryOnly:
		why = "no run of the canary can make another: it is proven by a dry run alone"
	default:
		return nil
	}
	return &workflows.Problem{
		Reason:   workflows.BaselineKept,
		Message:  fmt.Sprintf("The baseline of canary %s stays under its old key, because %s.", d.Recorded.Name, why),
		NextStep: "Set a baseline under the new key, and migrate again with the old key as a retired one.",
		Metadata: map[string]string{"canary_name": d.Recorded.Name},
	}
}

// roleShared keeps the access of a role that others than canaries may use.
func (d *draft) roleShared() *workflows.Problem {
	facts := d.roleFacts()
	if facts.Unread != nil {
		return facts.Unread
	}
	if len(facts.TrustedBy) == 0 {
		return nil
	}
	trusted := strings.Join(facts.TrustedBy, ", ")
	return &workflows.Problem{
		Reason:   workflows.RoleShared,
		Message:  fmt.Sprintf("Role %s may be assumed by more than the Lambda service (%s), which may use the old key through it.", d.Recorded.RoleARN, trusted),
		NextStep: "Make sure that they don't need the old key, and remove the listed access by hand.",
		Metadata: map[string]string{"role_arn": d.Recorded.RoleARN, "trusted_by": trusted},
	}
}

// managed keeps the access of a canary that a tool would give its old key again; also of one that is on the target
// already, for it may have been changed by hand.
func (d *draft) managed() *workflows.Problem {
	if d.Recorded.ManagedBy == "" {
		return nil
	}
	change, would := d.sourceChange(), "would"
	if d.Action == workflows.RevokeOnly {
		would = "may"
	}
	return &workflows.Problem{
		Reason:   workflows.ManagedByIaC,
		Message:  fmt.Sprintf("Canary %s is managed by %s, whose next apply %s give it its old settings again.", d.Recorded.Name, d.Recorded.ManagedBy, would),
		NextStep: fmt.Sprintf("In the source, %s; then confirm the change with ConfirmSourceChange.", change),
		Metadata: map[string]string{"managed_by": d.Recorded.ManagedBy, "change": change},
	}
}

// sourceChange is what to change in the source of a managed canary: where nothing of the canary itself is changed, what
// the source must have.
func (d *draft) sourceChange() string {
	var list []string
	if d.To != d.Recorded.From || d.Action == workflows.RevokeOnly {
		list = append(list, fmt.Sprintf(sourceOf(d.To), d.Recorded.Name))
	}
	if d.moves() || d.Action == workflows.RevokeOnly && d.Target.Location != "" {
		list = append(list, fmt.Sprintf("set its ArtifactS3Location to s3://%s", d.ToLocation))
	}
	change := strings.Join(list, ", and ")
	if d.Action == workflows.RevokeOnly {
		change += ", unless it has that already"
	}
	return change
}

// sourceOf is what to do in the source of a canary, whose name is filled in, for an encryption.
func sourceOf(e workflows.Encryption) string {
	switch e.Mode {
	case workflows.SSEKMS:
		return "set ArtifactConfig.S3Encryption of canary %s to EncryptionMode SSE_KMS with KmsKeyArn " + e.KeyARN
	case workflows.SSES3:
		return "set ArtifactConfig.S3Encryption of canary %s to EncryptionMode SSE_S3"
	default: // workflows.AWSManaged
		return "remove ArtifactConfig.S3Encryption of canary %s"
	}
}
