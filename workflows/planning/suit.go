package planning

import (
	"fmt"
	"slices"

	"rekey/workflows"
	"rekey/workflows/nextstep"
	"rekey/workflows/runtime"
)

// suit finds out whether the canary may be migrated at all. What leaves it as it is for good comes before what an
// operator could mend.
func (d *draft) suit() {
	for _, check := range []func() *workflows.Problem{
		d.replica, d.onTarget, d.bucket, d.runtime, d.updatable, d.role, d.write,
	} {
		if d.Problem = check(); d.Problem != nil || d.Action == workflows.RevokeOnly {
			return
		}
	}
}

// lock blocks a canary that another migration has claimed. It is asked again before anything is changed.
func (d *draft) lock() {
	if holder, ok := d.Locked[d.Recorded.ID]; ok {
		d.Problem = Locked(d.Recorded.Name, holder)
	}
}

// Locked is why a canary is left to the migration that has claimed it.
func Locked(name string, by workflows.Holder) *workflows.Problem {
	return &workflows.Problem{
		Reason:   workflows.CanaryLocked,
		Message:  fmt.Sprintf("Migration %s has claimed canary %s.", by.Migration, name),
		NextStep: "Wait for that migration to end, or cancel it, and create the migration anew.",
		Metadata: map[string]string{"migration_id": by.Migration},
	}
}

func (d *draft) replica() *workflows.Problem {
	s := d.Recorded
	if s.PrimaryRegion == "" {
		return nil
	}
	return &workflows.Problem{
		Reason:   workflows.CanaryIsReplica,
		Message:  fmt.Sprintf("Canary %s is a replica; AWS lets it be changed only in its primary Region %s.", s.Name, s.PrimaryRegion),
		NextStep: "Select its primary Region.",
		Metadata: map[string]string{"primary_region": s.PrimaryRegion},
	}
}

// onTarget skips a canary that has what it is to have. If its role still has access to a key that is being given up,
// that is all that is left to do.
func (d *draft) onTarget() *workflows.Problem {
	s := d.Recorded
	if s.From != d.To || d.moves() {
		return nil
	}
	if len(d.retired()) > 0 {
		d.Action = workflows.RevokeOnly
		return nil
	}
	return &workflows.Problem{
		Reason:   workflows.AlreadyOnTarget,
		Message:  fmt.Sprintf("Canary %s has the target encryption already.", s.Name),
		NextStep: "Nothing to do.",
		Metadata: map[string]string{"kms_key_arn": d.To.KeyARN},
	}
}

func (d *draft) runtime() *workflows.Problem {
	s := d.Recorded
	metadata := map[string]string{"runtime_version": s.Runtime}
	switch {
	case slices.Contains(d.Census.Deprecated, s.Runtime):
		return &workflows.Problem{
			Reason:   workflows.RuntimeDeprecated,
			Message:  fmt.Sprintf("Canary %s runs on %s, which AWS has deprecated: it can only be moved to a newer runtime.", s.Name, s.Runtime),
			NextStep: "Move the canary to a supported runtime, and create the migration anew.",
			Metadata: metadata,
		}
	case s.From != d.To && !runtime.Parse(s.Runtime).EncryptsArtifacts():
		return &workflows.Problem{
			Reason:   workflows.RuntimeWithoutEncryption,
			Message:  fmt.Sprintf("Canary %s runs on %s, for which AWS does not offer a choice of artifact encryption.", s.Name, s.Runtime),
			NextStep: "Move the canary to syn-nodejs-puppeteer-3.3 or newer, and create the migration anew.",
			Metadata: metadata,
		}
	}
	return nil
}

// updatable leaves out canaries in states that are not known to take an update.
func (d *draft) updatable() *workflows.Problem {
	s := d.Recorded
	if nextstep.Updatable(s) {
		return nil
	}
	return &workflows.Problem{
		Reason:   workflows.CanaryNotUpdatable,
		Message:  fmt.Sprintf("Canary %s is in state %s, in which it can't be migrated.", s.Name, s.State),
		NextStep: "Bring the canary to RUNNING, and create the migration anew.",
		Metadata: map[string]string{"canary_state": s.State},
	}
}

func (d *draft) role() *workflows.Problem {
	facts := d.roleFacts()
	if !facts.Missing {
		return nil
	}
	return &workflows.Problem{
		Reason:   workflows.RoleMissing,
		Message:  fmt.Sprintf("The role %s of canary %s does not exist: none of its runs can save artifacts.", d.Recorded.RoleARN, d.Recorded.Name),
		NextStep: "Make the role again, or give the canary another one, and create the migration anew.",
		Metadata: map[string]string{"role_arn": d.Recorded.RoleARN},
	}
}

func (d *draft) roleFacts() workflows.RoleFacts {
	for _, r := range d.Survey.Roles {
		if r.ARN == d.Recorded.RoleARN {
			return r
		}
	}
	return workflows.RoleFacts{ARN: d.Recorded.RoleARN}
}

// write is what the survey found in the way of writing, or of looking at, the new artifacts.
func (d *draft) write() *workflows.Problem { return d.writeFacts().Problem }

func (d *draft) writeFacts() workflows.WriteFacts {
	for _, w := range d.Survey.Writes {
		if w.Use == d.use() {
			return w
		}
	}
	return workflows.WriteFacts{}
}

// use is what the canary's role is to do.
func (d *draft) use() workflows.Use {
	return workflows.Use{
		RoleARN: d.Recorded.RoleARN, Location: d.ToLocation, BucketRegion: d.ToBucketRegion, Encryption: d.To, Moves: d.moves(),
	}
}
