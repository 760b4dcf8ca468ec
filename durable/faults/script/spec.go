package script

import (
	"time"

	"google.golang.org/protobuf/types/known/durationpb"

	"rekey/awssim/fleet"
	rekeyv1 "rekey/gen/rekey/v1"
)

// migration draws the i-th migration, and what operators do to it.
func (s *Script) migration(d *dice, i int) {
	m := Migration{Spec: s.spec(d, i), Create: d.between(0, 2*time.Minute), GiveUp: d.chance(30)}
	if i == 0 {
		m.Create = d.between(0, 20*time.Second)
	}
	if d.chance(25) {
		m.Approve = d.between(0, 4*time.Minute) // the plan is not fresh any more
	}
	verb := func(at time.Duration, k Kind) { s.add(at, k, func(a *Act) { a.Migration = i }) }
	at := d.between(0, 12*time.Minute)
	switch n := d.IntN(100); {
	case n < 10:
		verb(at, Cancel)
	case n < 20:
		verb(at, Return)
	case n < 30:
		verb(at, RollBack)
	case n < 50:
		verb(at, Pause)
		verb(at+d.between(time.Minute, 6*time.Minute), Resume)
	case n < 65:
		m.RollBack = true
	}
	m.Retry = d.chance(40)
	s.Migrations = append(s.Migrations, m)
}

// spec draws what is migrated to what: the first migration takes all canaries, later ones a part that is taken already.
func (s *Script) spec(d *dice, i int) *rekeyv1.MigrationSpec {
	selection := &rekeyv1.Selection{Regions: s.regions()}
	for _, a := range s.Fleet.Accounts {
		if a.ID != fleet.HubAccount {
			selection.AccountIds = append(selection.AccountIds, a.ID)
		}
	}
	if i > 0 {
		selection.NamePatterns = oneOf(d, []string{"canary-0000?"}, []string{"canary-0001?", "canary-0002?"}, []string{"canary-*5"})
	}
	spec := &rekeyv1.MigrationSpec{
		Selection: selection, Target: s.target(d), Policies: s.policies(d), Rollout: rollout(d),
		Waits: &rekeyv1.Waits{
			AccessSettle: durationpb.New(settle(s.Fleet)),
			RunDeadline:  durationpb.New(d.between(12*time.Minute, 20*time.Minute)),
			RevokeWatch:  durationpb.New(oneOf(d, 0, 3*time.Minute, 6*time.Minute)),
		},
	}
	return spec
}

func (s *Script) regions() []string { return s.Fleet.Accounts[0].Regions }

// target is an encryption, most often the fleet's target keys.
func (s *Script) target(d *dice) *rekeyv1.Target {
	target := &rekeyv1.Target{Mode: rekeyv1.EncryptionMode_ENCRYPTION_MODE_SSE_KMS}
	switch n := d.IntN(10); {
	case n == 8:
		target.Mode = rekeyv1.EncryptionMode_ENCRYPTION_MODE_SSE_S3
	case n == 9:
		target.Mode = rekeyv1.EncryptionMode_ENCRYPTION_MODE_AWS_MANAGED
	case s.isCentral():
		for _, region := range s.regions() {
			target.KmsKeyArns = append(target.KmsKeyArns, s.Fleet.Names().Key("new", fleet.HubAccount, region))
		}
	default:
		target.KmsAlias = "alias/new"
	}
	return target
}

// isCentral reports whether the target keys are the hub's.
func (s *Script) isCentral() bool {
	return s.Fleet.Names().Key("new", fleet.HubAccount, s.regions()[0]) != ""
}

func (s *Script) policies(d *dice) *rekeyv1.Policies {
	return &rekeyv1.Policies{
		Access:                oneOf(d, rekeyv1.AccessPolicy_ACCESS_POLICY_UNSPECIFIED, rekeyv1.AccessPolicy(d.IntN(5))), // all but to use what exists
		DryRun:                oneOf(d, rekeyv1.DryRunPolicy_DRY_RUN_POLICY_WHEN_POSSIBLE, rekeyv1.DryRunPolicy_DRY_RUN_POLICY_WHEN_POSSIBLE, rekeyv1.DryRunPolicy_DRY_RUN_POLICY_NEVER),
		Baseline:              rekeyv1.BaselinePolicy(d.IntN(4)),
		AtRest:                rekeyv1.AtRestPolicy(d.IntN(5)),
		RemoveForeignPolicies: d.chance(50),
	}
}

// rollout draws how fast it goes, in which waves, and how much may fail.
func rollout(d *dice) *rekeyv1.Rollout {
	r := &rekeyv1.Rollout{MaxConcurrentCanariesPerCell: int32(2 + d.IntN(15))} //nolint:gosec // it is small
	if d.chance(50) {
		first := &rekeyv1.WaveSpec{Take: &rekeyv1.WaveSpec_Coverage{Coverage: true}}
		if d.chance(50) {
			first.BakeRuns = 1
		}
		r.Waves = append(r.Waves, first, &rekeyv1.WaveSpec{Take: &rekeyv1.WaveSpec_Percent{Percent: 100}})
	}
	if d.chance(50) {
		r.Budget = &rekeyv1.FailureBudget{Count: new(int32(1 + d.IntN(6)))} //nolint:gosec // it is small
		r.ChargeOutages = d.chance(30)
	}
	return r
}
