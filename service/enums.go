package service

import (
	"strings"

	"google.golang.org/protobuf/reflect/protoreflect"

	rekeyv1 "rekey/gen/rekey/v1"
	"rekey/workflows"
)

// The contract's values are the names of the API's enum values without these prefixes; a test holds the two
// against each other.
const (
	modePrefix        = "ENCRYPTION_MODE_"
	statePrefix       = "MIGRATION_STATE_"
	canaryStatePrefix = "CANARY_STATE_"
	stepPrefix        = "CANARY_STEP_"
	baselinePrefix    = "BASELINE_STATE_"
	oldAccessPrefix   = "OLD_ACCESS_STATE_"
	reasonPrefix      = "ERROR_REASON_"
	actionPrefix      = "CANARY_ACTION_"
	provingPrefix     = "PROVING_"
	methodPrefix      = "ACCESS_METHOD_"
	verdictPrefix     = "VERDICT_"
	waveStatePrefix   = "WAVE_STATE_"
	waveVerdictPrefix = "WAVE_VERDICT_"
	pauseCausePrefix  = "PAUSE_CAUSE_"
	verbPrefix        = "CONTROL_VERB_"
	editTimingPrefix  = "EDIT_TIMING_"

	accessPolicyPrefix   = "ACCESS_POLICY_"
	dryRunPolicyPrefix   = "DRY_RUN_POLICY_"
	baselinePolicyPrefix = "BASELINE_POLICY_"
	atRestPolicyPrefix   = "AT_REST_POLICY_"
	viewerPolicyPrefix   = "VIEWER_POLICY_"
)

// toEnum is a value of the contract as the API's, or unspecified for one that this version does not know: a newer
// worker's.
func toEnum[E ~int32, V ~string](values map[string]int32, prefix string, value V) E {
	return E(values[prefix+string(value)])
}

// fromEnum is a value of the API as the contract's; unspecified is empty.
func fromEnum[V ~string, E protoreflect.Enum](value E, prefix string) V {
	if value.Number() == 0 {
		return ""
	}
	described := value.Descriptor().Values().ByNumber(value.Number())
	if described == nil {
		return ""
	}
	return V(strings.TrimPrefix(string(described.Name()), prefix))
}

func toMode(m workflows.Mode) rekeyv1.EncryptionMode {
	return toEnum[rekeyv1.EncryptionMode](rekeyv1.EncryptionMode_value, modePrefix, m)
}

func toState(s workflows.State) rekeyv1.MigrationState {
	return toEnum[rekeyv1.MigrationState](rekeyv1.MigrationState_value, statePrefix, s)
}

func toCanaryState(s workflows.CanaryState) rekeyv1.CanaryState {
	return toEnum[rekeyv1.CanaryState](rekeyv1.CanaryState_value, canaryStatePrefix, s)
}

func toStep(s workflows.Step) rekeyv1.CanaryStep {
	return toEnum[rekeyv1.CanaryStep](rekeyv1.CanaryStep_value, stepPrefix, s)
}

func toBaselineState(s workflows.BaselineState) rekeyv1.BaselineState {
	return toEnum[rekeyv1.BaselineState](rekeyv1.BaselineState_value, baselinePrefix, s)
}

func toOldAccessState(s workflows.OldAccessState) rekeyv1.OldAccessState {
	return toEnum[rekeyv1.OldAccessState](rekeyv1.OldAccessState_value, oldAccessPrefix, s)
}

func toReason(r workflows.Reason) rekeyv1.ErrorReason {
	return toEnum[rekeyv1.ErrorReason](rekeyv1.ErrorReason_value, reasonPrefix, r)
}

func toAction(a workflows.Action) rekeyv1.CanaryAction {
	return toEnum[rekeyv1.CanaryAction](rekeyv1.CanaryAction_value, actionPrefix, a)
}

func toProving(p workflows.Proving) rekeyv1.Proving {
	return toEnum[rekeyv1.Proving](rekeyv1.Proving_value, provingPrefix, p)
}

func toMethod(m workflows.Method) rekeyv1.AccessMethod {
	return toEnum[rekeyv1.AccessMethod](rekeyv1.AccessMethod_value, methodPrefix, m)
}

func toVerdict(v workflows.Verdict) rekeyv1.Verdict {
	return toEnum[rekeyv1.Verdict](rekeyv1.Verdict_value, verdictPrefix, v)
}

func toWaveState(s workflows.WaveState) rekeyv1.WaveState {
	return toEnum[rekeyv1.WaveState](rekeyv1.WaveState_value, waveStatePrefix, s)
}

func toWaveVerdict(v workflows.WaveVerdict) rekeyv1.WaveVerdict {
	return toEnum[rekeyv1.WaveVerdict](rekeyv1.WaveVerdict_value, waveVerdictPrefix, v)
}

func toPauseCause(c workflows.PauseCause) rekeyv1.PauseCause {
	return toEnum[rekeyv1.PauseCause](rekeyv1.PauseCause_value, pauseCausePrefix, c)
}

func toVerb(v workflows.Verb) rekeyv1.ControlVerb {
	return toEnum[rekeyv1.ControlVerb](rekeyv1.ControlVerb_value, verbPrefix, v)
}

func toEditTiming(e workflows.EditTiming) rekeyv1.EditTiming {
	return toEnum[rekeyv1.EditTiming](rekeyv1.EditTiming_value, editTimingPrefix, e)
}

// fromEnums are values of a filter; none are nil.
func fromEnums[V ~string, E protoreflect.Enum](values []E, prefix string) []V {
	var list []V
	for _, value := range values {
		list = append(list, fromEnum[V](value, prefix))
	}
	return list
}
