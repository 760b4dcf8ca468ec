package service

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/testing/protocmp"

	rekeyv1 "rekey/gen/rekey/v1"
	"rekey/workflows"
)

// constants are the values of a string type of the contract, as its source declares them.
func constants(t *testing.T, name string) []string {
	t.Helper()
	var values []string
	paths, err := filepath.Glob("../workflows/*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range paths {
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			spec, ok := n.(*ast.ValueSpec)
			if !ok || len(spec.Values) != 1 {
				return true
			}
			kind, ok := spec.Type.(*ast.Ident)
			literal, isLiteral := spec.Values[0].(*ast.BasicLit)
			if ok && isLiteral && kind.Name == name {
				value, _ := strconv.Unquote(literal.Value)
				values = append(values, value)
			}
			return true
		})
	}
	return values
}

func TestEveryValueHasItsEnum(t *testing.T) {
	tests := map[string]struct {
		reason  string
		prefix  string
		enum    protoreflect.EnumDescriptor
		special []string // of the contract, mapped otherwise
		apiOnly []string // of the API, known to it alone
	}{
		"Mode":           {"modes are the API's", modePrefix, rekeyv1.EncryptionMode(0).Descriptor(), nil, nil},
		"State":          {"states are the API's", statePrefix, rekeyv1.MigrationState(0).Descriptor(), nil, nil},
		"CanaryState":    {"states of canaries are the API's", canaryStatePrefix, rekeyv1.CanaryState(0).Descriptor(), nil, nil},
		"BaselineState":  {"states of baselines are the API's", baselinePrefix, rekeyv1.BaselineState(0).Descriptor(), nil, nil},
		"OldAccessState": {"states of old access are the API's", oldAccessPrefix, rekeyv1.OldAccessState(0).Descriptor(), nil, nil},
		"Step":           {"steps are the API's; none is its zero", stepPrefix, rekeyv1.CanaryStep(0).Descriptor(), []string{""}, nil},
		"Action":         {"actions are the API's; none is its zero", actionPrefix, rekeyv1.CanaryAction(0).Descriptor(), []string{""}, nil},
		"Proving":        {"ways of proving are the API's", provingPrefix, rekeyv1.Proving(0).Descriptor(), nil, nil},
		"Verdict":        {"verdicts are the API's; none is its zero", verdictPrefix, rekeyv1.Verdict(0).Descriptor(), []string{""}, nil},
		"WaveState":      {"states of waves are the API's", waveStatePrefix, rekeyv1.WaveState(0).Descriptor(), nil, nil},
		"WaveVerdict":    {"judgements are the API's", waveVerdictPrefix, rekeyv1.WaveVerdict(0).Descriptor(), nil, nil},
		"PauseCause":     {"causes of pauses are the API's", pauseCausePrefix, rekeyv1.PauseCause(0).Descriptor(), nil, nil},
		"Verb":           {"verbs are the API's", verbPrefix, rekeyv1.ControlVerb(0).Descriptor(), nil, nil},
		"Method":         {"methods are the API's", methodPrefix, rekeyv1.AccessMethod(0).Descriptor(), nil, nil},
		"AccessPolicy":   {"policies are the API's", accessPolicyPrefix, rekeyv1.AccessPolicy(0).Descriptor(), nil, nil},
		"DryRunPolicy":   {"policies are the API's", dryRunPolicyPrefix, rekeyv1.DryRunPolicy(0).Descriptor(), nil, nil},
		"BaselinePolicy": {"policies are the API's", baselinePolicyPrefix, rekeyv1.BaselinePolicy(0).Descriptor(), nil, nil},
		"AtRestPolicy":   {"policies are the API's", atRestPolicyPrefix, rekeyv1.AtRestPolicy(0).Descriptor(), nil, nil},
		"NextStep":       {"next steps are the API's", nextStepPrefix, rekeyv1.NextStep(0).Descriptor(), nil, nil},
		"ViewerPolicy":   {"policies are the API's", viewerPolicyPrefix, rekeyv1.ViewerPolicy(0).Descriptor(), nil, nil},
		"Reason": {"reasons of failed calls are the API's alone", reasonPrefix, rekeyv1.ErrorReason(0).Descriptor(), nil, []string{
			"INVALID_FIELD", "MIGRATION_NOT_FOUND", "CANARY_NOT_FOUND", "INVALID_PAGE_TOKEN", "INVALID_CURSOR",
			"REQUEST_ID_REUSED", "TEMPORAL_UNAVAILABLE", "WORKER_UNAVAILABLE", "SERVER_STOPPING", "SERVER_OVERLOADED",
			"CALLER_ROLE_MISSING", "RATE_LIMITED", "CALLER_NOT_IDENTIFIED",
		}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			contract := slices.DeleteFunc(constants(t, name), func(v string) bool { return slices.Contains(test.special, v) })
			if len(contract) == 0 {
				t.Fatal("the contract's source has no values of this type")
			}
			want := slices.Concat(contract, test.apiOnly)
			var got []string
			for i := range test.enum.Values().Len() {
				if value := test.enum.Values().Get(i); value.Number() != 0 {
					got = append(got, strings.TrimPrefix(string(value.Name()), test.prefix))
				}
			}
			slices.Sort(want)
			slices.Sort(got)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s (-contract +API):\n%s", test.reason, diff)
			}
		})
	}
}

func TestEnumsGoThereAndBack(t *testing.T) {
	for _, value := range constants(t, "State") {
		if back := fromEnum[workflows.State](toState(workflows.State(value)), statePrefix); string(back) != value {
			t.Errorf("%s came back as %s", value, back)
		}
	}
	for _, value := range constants(t, "CanaryState") {
		if back := fromEnum[workflows.CanaryState](toCanaryState(workflows.CanaryState(value)), canaryStatePrefix); string(back) != value {
			t.Errorf("%s came back as %s", value, back)
		}
	}
	for _, value := range constants(t, "Mode") {
		if back := fromEnum[workflows.Mode](toMode(workflows.Mode(value)), modePrefix); string(back) != value {
			t.Errorf("%s came back as %s", value, back)
		}
	}
	if got := toState("A_NEWER_WORKERS"); got != rekeyv1.MigrationState_MIGRATION_STATE_UNSPECIFIED {
		t.Errorf("an unknown state became %v", got)
	}
	if got := fromEnum[workflows.State](rekeyv1.MigrationState(99), statePrefix); got != "" {
		t.Errorf("an unknown number became %q", got)
	}
}

// inside is what the API leaves out, and why nothing is lost by it.
var inside = map[string]string{
	"MigrationView.Revision":     "the cursor of a watch has it",
	"MigrationView.Cancel":       "the state and its reason tell it",
	"Canary.Since":               "for the story to go on with",
	"Canary.Deadline":            "for the story to go on with",
	"Canary.GrantedAt":           "for the verdict",
	"Canary.Settled":             "for the story to go on with",
	"Canary.Quiet":               "for the story to go on with",
	"Canary.Started":             "for the story to go on with",
	"Canary.ToBucketRegion":      "for finding the key",
	"AccessChange.Document":      "for putting back what was removed; it may be long",
	"MigrationView.RollBack":     "the state and its reason tell it",
	"Settings.ManagedBy":         "a notice names it",
	"Settings.RetentionDays":     "roll_back_until is made of it",
	"Settings.BaselineAt":        "roll_back_until is made of it",
	"Settings.State":             "of Synthetics; a problem names it where it matters",
	"Settings.BucketRegion":      "for finding the key",
	"Settings.Browsers":          "for comparing and restoring",
	"Settings.EnvironmentKeyARN": "for comparing",
	"Settings.PrimaryRegion":     "a problem names it where it matters",
	"Settings.Replicas":          "for comparing",
	"Settings.Schedule":          "for comparing",
	"Settings.Visual":            "whether there is any, and how many ignore areas, has tests of its own",
	"Canary.Earlier":             "for a retry that is cancelled",
	"Canary.FailedBefore":        "for the judgement of waves",
	"Canary.TurnBack":            "the step tells it when the canary turns",
	"Canary.Turn":                "for the story to go on with",
	"Canary.Asked":               "for the story to go on with",
	"Forecast.Spread":            "the forecasts of waves are made of it",
	"Forecast.Minutes":           "the peaks of several cells are summed up by it",
	"Forecast.Interval":          "the forecasts of waves are made of it",
	"Canary.Before":              "for canaries that can't be put back",
	"Canary.DryRunsFrom":         "for telling its dry runs from others",
	"Baseline.NextRun":           "for the way back",
	"Baseline.Named":             "for the way back",
	"Run.ReasonCode":             "for the verdict",
	"Run.Reason":                 "for the verdict",
	"Run.TestResult":             "for the verdict",
	"Run.Location":               "for the proof",
	"Plan.Counts":                "is flattened",
	"MigrationView.Opened":       "for the gate: what goes back in a pause, or was cancelled",
	"MigrationView.RestReason":   "for the evidence; the state reason tells it too",
	"MigrationView.Closing":      "the control verbs and the state tell it",
	"Wave.Spec":                  "the rollout tells it",
	"WaveSpec.Percent":           "a wave takes one thing; TestAWaveTakesOneThing has the others",
	"WaveSpec.Count":             "a wave takes one thing; TestAWaveTakesOneThing has the others",
	"WaveSpec.List":              "a wave takes one thing; TestAWaveTakesOneThing has the others",
	"Part.Cell":                  "a part is one thing; TestPartsGoThereAndBack has the others",
	"Part.Canary":                "a part is one thing; TestPartsGoThereAndBack has the others",
	"Forecast.Canary":            "the forecasts of waves are made of it",
	"Forecast.Access":            "the forecasts of waves are made of it",
	"Canary.RunTime":             "it says when to look at a dry run first",
}

// TestNothingGetsLost changes every field of a fully populated value of the contract, one after the other, and
// expects the converted value to differ, unless the field is known to stay inside.
func TestNothingGetsLost(t *testing.T) {
	known := map[string]bool{}
	t.Run("migration", func(t *testing.T) {
		var view workflows.MigrationView
		populate(reflect.ValueOf(&view).Elem(), 1)
		mutate(t, reflect.ValueOf(&view).Elem(), known, func() proto.Message { return toMigration(view, 0.0012) })
	})
	t.Run("canary", func(t *testing.T) {
		var canary workflows.Canary
		populate(reflect.ValueOf(&canary).Elem(), 1)
		canary.Granted = []workflows.AccessChange{canary.Grants[0]}
		canary.Grants[0].GrantID = ""
		mutate(t, reflect.ValueOf(&canary).Elem(), known, func() proto.Message { return toCanary(canary) })
	})
	for field := range inside {
		if !known[field] && field != "Plan.Counts" {
			t.Errorf("%s is said to stay inside, but no value has it", field)
		}
	}
}

// values that a field of an enum type is given: two of each.
var enumValues = map[string][2]string{
	"State": {"RUNNING", "PLANNING"}, "CanaryState": {"MIGRATED", "FAILED"}, "Step": {"GRANT", "RUN"},
	"Mode": {"SSE_KMS", "SSE_S3"}, "BaselineState": {"SET", "OLD"}, "OldAccessState": {"HELD", "NONE"},
	"Reason": {"CANARY_GONE", "INTERNAL"}, "Action": {"MIGRATE", "REVOKE_ONLY"}, "Proving": {"RUN", "DRY_RUN"},
	"Method": {"GRANT", "KEY_POLICY"}, "AccessPolicy": {"AUTO", "GRANT"}, "DryRunPolicy": {"NEVER", "REQUIRED"},
	"BaselinePolicy": {"KEEP", "NEXT_RUN"}, "AtRestPolicy": {"SKIP", "RUN_ONCE"}, "ViewerPolicy": {"REPORT", "BLOCK"},
	"WaveState": {"RUNNING", "BAKING"}, "WaveVerdict": {"GO_ON", "STOP"}, "PauseCause": {"OPERATOR", "BUDGET"},
	"Verb": {"PAUSE", "RETRY"}, "EditTiming": {"WHEN_DUE", "AT_ONCE"},
}

// runStates are what Run.State is given: the API tells whether a run passed.
var runStates = [2]string{"PASSED", "FAILED"}

// populate gives every field a value: n tells the two values apart that a field can get.
func populate(v reflect.Value, n int) {
	switch {
	case v.Type() == reflect.TypeFor[time.Time]():
		v.Set(reflect.ValueOf(time.Unix(int64(n)*1000, 0).UTC()))
		return
	case v.Kind() == reflect.String && enumValues[v.Type().Name()] != [2]string{}:
		v.SetString(enumValues[v.Type().Name()][n%2])
		return
	}
	if v.Type() == reflect.TypeFor[*workflows.Canary]() {
		return // a canary before a retry, which has all of this once more
	}
	switch v.Kind() {
	case reflect.Struct:
		for _, field := range v.Fields() {
			populate(field, n)
		}
		if run, ok := reflect.TypeAssert[*workflows.Run](v.Addr()); ok {
			run.State = runStates[n%2]
		}
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		populate(v.Elem(), n)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		populate(v.Index(0), n)
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
		populate(key, n)
		populate(value, n)
		v.SetMapIndex(key, value)
	case reflect.String:
		v.SetString("value " + strconv.Itoa(n))
	case reflect.Bool:
		v.SetBool(n == 1)
	default:
		v.SetInt(int64(n))
	}
}

// mutate changes the leaves of a value, and looks whether the converted value notices.
func mutate(t *testing.T, v reflect.Value, known map[string]bool, convert func() proto.Message) {
	t.Helper()
	switch v.Kind() {
	case reflect.Pointer:
		mutate(t, v.Elem(), known, convert)
		return
	case reflect.Slice:
		mutate(t, v.Index(0), known, convert)
		return
	case reflect.Struct:
	default:
		return // a leaf, of a slice of strings
	}
	for i := range v.NumField() {
		field, name := v.Field(i), v.Type().Name()+"."+v.Type().Field(i).Name
		before := convert()
		kept := reflect.New(field.Type()).Elem()
		kept.Set(field)
		populate(field, 2)
		if name == "Run.State" {
			field.SetString(runStates[0])
		}
		noticed := !proto.Equal(before, convert())
		field.Set(kept)
		_, excused := inside[name]
		known[name] = true
		if noticed == excused && name != "Plan.Counts" {
			t.Errorf("%s: noticed %v, to stay inside %v", name, noticed, excused)
		}
		if field.Kind() == reflect.Struct && field.Type() != reflect.TypeFor[time.Time]() || field.Kind() == reflect.Pointer ||
			field.Kind() == reflect.Slice {
			if name == "Canary.Granted" {
				continue // of what was given, the ids count; TestGetCanary has them
			}
			if !excused || name == "Plan.Counts" {
				mutate(t, field, known, convert)
			}
		}
	}
}

func TestBaselineCountsIgnoreAreas(t *testing.T) {
	canary := workflows.Canary{
		Recorded: workflows.Settings{Visual: []workflows.VisualReference{
			{Screenshots: []workflows.Screenshot{{Name: "a", Ignore: []string{"1,2,3,4"}}, {Name: "b"}}},
			{Screenshots: []workflows.Screenshot{{Name: "c", Ignore: []string{"1,2,3,4", "5,6,7,8"}}}},
		}},
		Baseline: &workflows.Baseline{State: workflows.BaselineSet},
	}
	want := &rekeyv1.Baseline{State: rekeyv1.BaselineState_BASELINE_STATE_SET, ScreenshotsWithIgnoreAreas: 2}
	if diff := cmp.Diff(want, toCanary(canary).GetBaseline(), protocmp.Transform()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestTallyLeavesOutWhatHasNone(t *testing.T) {
	steps := toProgress(workflows.Progress{Steps: map[workflows.Step]int{
		workflows.RunStep: 2, workflows.ReturnStep: 1, workflows.UpdateStep: 0,
	}}).GetSteps()
	want := []*rekeyv1.StepCount{
		{Step: rekeyv1.CanaryStep_CANARY_STEP_RUN, Count: 2}, {Step: rekeyv1.CanaryStep_CANARY_STEP_RETURN, Count: 1},
	}
	if diff := cmp.Diff(want, steps, protocmp.Transform()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
