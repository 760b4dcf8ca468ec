package e2e

import (
	"fmt"
	"slices"
	"strings"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/synthetics"
	"github.com/aws/aws-sdk-go-v2/service/synthetics/types"

	"rekey/awssim/fleet"
	"rekey/awssim/verdict"
	rekeyv1 "rekey/gen/rekey/v1"
)

// judge is what is wrong with a case's end, by the API, the journal and the simulated AWS's own state.
func (b batch) judge(s *stack, c scenario, got *rekeyv1.Canary, v *verdict.Verdict) []string {
	var wrong []string
	check := func(ok bool, format string, args ...any) {
		if !ok {
			wrong = append(wrong, fmt.Sprintf(format, args...))
		}
	}
	state, reason := migrated, rekeyv1.ErrorReason_ERROR_REASON_UNSPECIFIED
	if b.already(c) {
		state, reason = skipped, rekeyv1.ErrorReason_ERROR_REASON_ALREADY_ON_TARGET
	}
	check(got.GetState() == state && got.GetProblem().GetReason() == reason, "is %s: %v", got.GetState(), got.GetProblem())
	for _, name := range []string{c.name, c.name + "-too", strings.Replace(c.name, "m-", "o-", 1)} {
		if o := outcomeOf(v, name); o != nil {
			check(len(o.Gaps) == 0, "%s lost runs: %v", name, o.Gaps)
			check(len(o.Failures) == 0, "runs of %s failed: %+v", name, o.Failures)
		}
	}
	if o := outcomeOf(v, c.name); o != nil {
		check(o.Wrote == b.wants(s, c), "the last artifact is under %s, want %s", o.Wrote, b.wants(s, c))
	} else {
		check(false, "the journal does not know it")
	}
	if state == migrated {
		wrong = append(wrong, b.judgeAccess(s, c, got)...)
	}
	return append(wrong, b.judgeSettings(s, c, got)...)
}

func outcomeOf(v *verdict.Verdict, name string) *verdict.Outcome {
	for i := range v.Outcomes {
		if strings.HasSuffix(v.Outcomes[i].ARN, ":canary:"+name) {
			return &v.Outcomes[i]
		}
	}
	return nil
}

// wants is what the journal is to say of the canary's artifacts.
func (b batch) wants(s *stack, c scenario) string {
	to, keys := b.to, newKeys
	if to == sameKey {
		to, keys = c.from, oldKeys
	}
	switch to {
	case managed:
		return s.sim.World.KMS.AWSManagedS3Key(shop, ireland)
	case sses3:
		return "AES256"
	}
	return s.key(keys[to])
}

// judgeAccess checks what became of the old access: gone where nobody needs it, held and there where somebody does, and
// left alone where the plan may not list it.
func (b batch) judgeAccess(s *stack, c scenario, got *rekeyv1.Canary) []string {
	key, keyed := oldKeys[c.from]
	leaves := keyed && b.to != sameKey
	want := none
	switch {
	case !leaves, b.old != "" && !b.removes:
	case c.sharing == outsider, c.browsers > 0 && b.baseline == rekeyv1.BaselinePolicy_BASELINE_POLICY_KEEP:
		want = held
	default:
		want = revoked
	}
	var wrong []string
	if is := got.GetOldAccess().GetState(); is != want {
		wrong = append(wrong, fmt.Sprintf("old access is %s, want %s: %v", is, want, got.GetOldAccess().GetHeldBecause()))
	}
	if leaves && want == none && len(got.GetLeft()) == 0 {
		wrong = append(wrong, "the plan does not say that old access is left")
	}
	if there := keyed && b.hasOld(s, key, c.name); there != (keyed && want != revoked) {
		wrong = append(wrong, fmt.Sprintf("whether the role has its old access: %v", there))
	}
	if b.viewers && leaves {
		wrong = append(wrong, b.judgeViewers(s, got)...)
	}
	return wrong
}

// hasOld reports whether a role still has the access to its old key that the fleet gave it.
func (b batch) hasOld(s *stack, key, name string) bool {
	role, _ := s.sim.World.IAM.Role(s.names.Role("shop/"+name, ""))
	_, policy := role.Inline["artifact-keys"]
	switch b.old {
	case fleet.AccessRolePolicy:
		return policy
	case fleet.AccessKeyPolicy:
		k, _ := s.sim.World.KMS.Key(s.key(key))
		_, statement := statementsOf(s.t, k.Policy)[fleet.UseSid(role.ARN)]
		return statement || policy
	}
	return s.grants(key, "shop/"+name) == 1
}

// judgeViewers checks that the plan names who would lose sight, and carried over whom the spec lists.
func (b batch) judgeViewers(s *stack, got *rekeyv1.Canary) []string {
	viewers := map[string]bool{}
	for _, v := range got.GetViewers() {
		viewers[v.GetPrincipalArn()] = v.GetCarriedOver()
	}
	analyst, auditor := s.names.Role("shop/analyst", ""), s.names.Role("pay/auditor", "")
	var wrong []string
	carried, named := viewers[analyst]
	key, toKey := newKeys[b.to]
	if (named || b.to == managed) && carried == toKey {
		if toKey && s.grants(key, "shop/analyst") == 0 {
			wrong = append(wrong, "the analyst was carried over and has no grant")
		}
	} else {
		wrong = append(wrong, fmt.Sprintf("the analyst is not named or not carried over: %v", viewers))
	}
	if over, named := viewers[auditor]; !named || over {
		wrong = append(wrong, fmt.Sprintf("the auditor is not named, or carried over unasked: %v", viewers))
	}
	return wrong
}

// judgeSettings compares the canary as AWS shows it to its owner.
func (b batch) judgeSettings(s *stack, c scenario, got *rekeyv1.Canary) []string {
	out, err := s.owner(ireland).GetCanary(s.ctx, &synthetics.GetCanaryInput{Name: awssdk.String(c.name)})
	if err != nil {
		return []string{err.Error()}
	}
	var wrong []string
	if location := awssdk.ToString(out.Canary.ArtifactS3Location); b.moves != strings.HasPrefix(location, newBucket+"/"+c.name) {
		wrong = append(wrong, "its artifacts go to "+location)
	}
	references := out.Canary.VisualReferences
	if len(references) == 0 && out.Canary.VisualReference != nil {
		references = append(references, *out.Canary.VisualReference)
	}
	if len(references) != c.browsers {
		return append(wrong, fmt.Sprintf("it has %d baselines, want %d", len(references), c.browsers))
	}
	for _, r := range references {
		if !screenshotsKept(r) {
			wrong = append(wrong, fmt.Sprintf("the screenshots of %s are %+v", r.BrowserType, r.BaseScreenshots))
		}
	}
	if c.browsers > 0 && got.GetState() == migrated {
		want := confirmed
		if b.baseline == rekeyv1.BaselinePolicy_BASELINE_POLICY_KEEP {
			want = rekeyv1.BaselineState_BASELINE_STATE_OLD
		}
		if is := got.GetBaseline().GetState(); is != want {
			wrong = append(wrong, fmt.Sprintf("its baseline is %s, want %s", is, want))
		}
	}
	return wrong
}

// screenshotsKept reports whether a baseline has the ignore area, the plain screenshot, and not the excluded one.
func screenshotsKept(r types.VisualReferenceOutput) bool {
	var names []string
	for _, shot := range r.BaseScreenshots {
		names = append(names, awssdk.ToString(shot.ScreenshotName))
		if awssdk.ToString(shot.ScreenshotName) == "home" && !slices.Equal(shot.IgnoreCoordinates, []string{"0,0,200,40"}) {
			return false
		}
	}
	slices.Sort(names)
	return slices.Equal(names, []string{"cart", "home"})
}
