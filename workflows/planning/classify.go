package planning

import (
	"fmt"
	"slices"
	"strings"

	"rekey/workflows"
	"rekey/workflows/runtime"
)

// target is the encryption that the canary is to have: the target's key of its bucket's Region.
func (o Observed) target(s workflows.Settings) (workflows.Encryption, *workflows.Problem) {
	to := workflows.Encryption{Mode: o.Target.Mode}
	if to.Mode != workflows.SSEKMS {
		return to, nil
	}
	if to.KeyARN = keyIn(s.BucketRegion, o.Target); to.KeyARN != "" {
		return to, nil
	}
	p := &workflows.Problem{
		Reason:   workflows.NoKeyForRegion,
		Message:  fmt.Sprintf("The artifact bucket of canary %s is in %s, for which the target names no key.", s.Name, s.BucketRegion),
		NextStep: "Add a key of that Region to the target, and create the migration anew.",
		Metadata: map[string]string{"region": s.BucketRegion, "bucket": bucket(s.Location)},
	}
	if s.BucketRegion == "" {
		p.Message = fmt.Sprintf("The Region of the artifact bucket of canary %s could not be read.", s.Name)
		p.NextStep = "Allow the member role s3:GetBucketLocation on the bucket, and create the migration anew."
	}
	return workflows.Encryption{}, p
}

// keyIn is the target's key of a Region: a key ARN's fourth field is its Region.
func keyIn(region string, t workflows.Target) string {
	for _, arn := range t.KeyARNs {
		if fields := strings.Split(arn, ":"); len(fields) > 3 && region != "" && fields[3] == region {
			return arn
		}
	}
	return ""
}

// obstacle is why a canary is not to be migrated, nil when it is. What leaves the canary as it is for good comes
// before what an operator could mend.
func (o Observed) obstacle(s workflows.Settings, to workflows.Encryption) *workflows.Problem {
	checks := []func(workflows.Settings, workflows.Encryption) *workflows.Problem{
		replica, onTarget, o.usableRuntime, atRest, updatable, o.usableKey,
	}
	for _, check := range checks {
		if p := check(s, to); p != nil {
			return p
		}
	}
	return nil
}

func replica(s workflows.Settings, _ workflows.Encryption) *workflows.Problem {
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

func onTarget(s workflows.Settings, to workflows.Encryption) *workflows.Problem {
	if s.From != to {
		return nil
	}
	return &workflows.Problem{
		Reason:   workflows.AlreadyOnTarget,
		Message:  fmt.Sprintf("Canary %s has the target encryption already.", s.Name),
		NextStep: "Nothing to do.",
		Metadata: map[string]string{"kms_key_arn": to.KeyARN},
	}
}

func (o Observed) usableRuntime(s workflows.Settings, _ workflows.Encryption) *workflows.Problem {
	metadata := map[string]string{"runtime_version": s.Runtime}
	switch {
	case slices.Contains(o.Census.Deprecated, s.Runtime):
		return &workflows.Problem{
			Reason:   workflows.RuntimeDeprecated,
			Message:  fmt.Sprintf("Canary %s runs on %s, which AWS has deprecated: it can only be moved to a newer runtime.", s.Name, s.Runtime),
			NextStep: "Move the canary to a supported runtime, and create the migration anew.",
			Metadata: metadata,
		}
	case !runtime.Parse(s.Runtime).EncryptsArtifacts():
		return &workflows.Problem{
			Reason:   workflows.RuntimeWithoutEncryption,
			Message:  fmt.Sprintf("Canary %s runs on %s, for which AWS does not offer a choice of artifact encryption.", s.Name, s.Runtime),
			NextStep: "Move the canary to syn-nodejs-puppeteer-3.3 or newer, and create the migration anew.",
			Metadata: metadata,
		}
	}
	return nil
}

// atRest leaves out canaries that would not run by themselves after an update: no run could prove it.
func atRest(s workflows.Settings, _ workflows.Encryption) *workflows.Problem {
	once := strings.HasPrefix(s.Schedule, "rate(0 ")
	if !once && !slices.Contains([]string{"STOPPED", "STOPPING", "READY"}, s.State) {
		return nil
	}
	p := &workflows.Problem{
		Reason:   workflows.CanaryStopped,
		Message:  fmt.Sprintf("Canary %s is %s: without a run nothing would prove a change, and rekey starts no canary.", s.Name, s.State),
		NextStep: "Start the canary, and create the migration anew.",
		Metadata: map[string]string{"canary_state": s.State},
	}
	if once {
		p.Message = fmt.Sprintf("Canary %s runs once when it is started: no run would follow an update.", s.Name)
		p.NextStep = "Give the canary a schedule, and create the migration anew."
	}
	return p
}

// updatable leaves out canaries in states that are not known to take an update and keep running.
func updatable(s workflows.Settings, _ workflows.Encryption) *workflows.Problem {
	if slices.Contains([]string{"RUNNING", "STARTING", "UPDATING"}, s.State) {
		return nil
	}
	return &workflows.Problem{
		Reason:   workflows.CanaryNotUpdatable,
		Message:  fmt.Sprintf("Canary %s is in state %s, in which it can't be migrated.", s.Name, s.State),
		NextStep: "Bring the canary to RUNNING, and create the migration anew.",
		Metadata: map[string]string{"canary_state": s.State},
	}
}

func (o Observed) usableKey(_ workflows.Settings, to workflows.Encryption) *workflows.Problem {
	for _, key := range o.Survey.Keys {
		if key.ARN == to.KeyARN {
			return key.Problem
		}
	}
	return nil
}

// outcome is how a canary rests that is not migrated for that reason.
func outcome(r workflows.Reason) workflows.CanaryState {
	if slices.Contains([]workflows.Reason{workflows.AlreadyOnTarget, workflows.CanaryStopped, workflows.CanaryIsReplica}, r) {
		return workflows.Skipped
	}
	return workflows.Blocked
}

func bucket(location string) string {
	name, _, _ := strings.Cut(location, "/")
	return name
}
