package service_test

import (
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/known/durationpb"

	rekeyv1 "rekey/gen/rekey/v1"
	"rekey/service"
	"rekey/service/servicetest"
)

func rollout(r *rekeyv1.Rollout) proto.Message {
	return creating(func(c *rekeyv1.CreateMigrationRequest) { c.Spec.Rollout = r })
}

func selecting(change func(*rekeyv1.Selection)) proto.Message {
	return creating(func(r *rekeyv1.CreateMigrationRequest) { change(r.GetSpec().GetSelection()) })
}

// wave is a rollout of one wave, which takes all.
func wave(change func(*rekeyv1.WaveSpec)) proto.Message {
	w := &rekeyv1.WaveSpec{Take: &rekeyv1.WaveSpec_Percent{Percent: 100}}
	change(w)
	return rollout(&rekeyv1.Rollout{Waves: []*rekeyv1.WaveSpec{w}})
}

// invalidRollouts are specs whose selection, rollout or approval breaks a constraint.
func invalidRollouts() []invalid {
	const waves = "spec.rollout.waves[0]"
	list := []invalid{
		{reason: "4,000 cells are the most", field: "spec.selection", request: selecting(func(s *rekeyv1.Selection) {
			s.AccountIds, s.Regions = many(1000, "%012d"), many(5, "eu-west-%d")
		})},
		{reason: "Regions are listed or all", field: "spec.selection", request: selecting(func(s *rekeyv1.Selection) { s.EnabledRegions = true })},
		{reason: "an OU looks like one", field: "spec.selection.organizational_unit_ids[0]", request: selecting(func(s *rekeyv1.Selection) {
			s.OrganizationalUnitIds = []string{"production"}
		})},
		{reason: "a mode is one", field: "spec.selection.canaries.encryption_modes[0]", request: selecting(func(s *rekeyv1.Selection) {
			s.Canaries = &rekeyv1.CanaryFilter{EncryptionModes: []rekeyv1.EncryptionMode{0}}
		})},
		{reason: "a key is no alias", field: "spec.selection.canaries.kms_key_arns[0]", request: selecting(func(s *rekeyv1.Selection) {
			s.Canaries = &rekeyv1.CanaryFilter{KmsKeyArns: []string{"alias/a"}}
		})},
		{reason: "50 waves are the most", field: "spec.rollout.waves", request: rollout(&rekeyv1.Rollout{Waves: make([]*rekeyv1.WaveSpec, 51)})},
		{reason: "a wave takes something", field: waves + ".take", request: wave(func(w *rekeyv1.WaveSpec) { w.Take = nil })},
		{reason: "coverage is true", field: waves + ".coverage", request: wave(func(w *rekeyv1.WaveSpec) {
			w.Take = &rekeyv1.WaveSpec_Coverage{}
		})},
		{reason: "no wave takes nothing", field: waves + ".percent", request: wave(func(w *rekeyv1.WaveSpec) {
			w.Take = &rekeyv1.WaveSpec_Percent{}
		})},
		{reason: "a list lists something", field: waves + ".list", request: wave(func(w *rekeyv1.WaveSpec) {
			w.Take = &rekeyv1.WaveSpec_List{List: &rekeyv1.WaveList{}}
		})},
		{reason: "a wave bakes for a week", field: waves + ".bake_time", request: wave(func(w *rekeyv1.WaveSpec) {
			w.BakeTime = durationpb.New(8 * 24 * time.Hour)
		})},
		{reason: "a budget is of something", field: waves + ".budget", request: wave(func(w *rekeyv1.WaveSpec) { w.Budget = &rekeyv1.FailureBudget{} })},
		{reason: "a budget is not more than all", field: "spec.rollout.budget.percent", request: rollout(&rekeyv1.Rollout{
			Budget: &rekeyv1.FailureBudget{Percent: new(int32(101))},
		})},
		{reason: "who is left out leaves somebody", field: "spec.approval", request: creating(func(r *rekeyv1.CreateMigrationRequest) {
			r.Spec.Approval = &rekeyv1.ApprovalPolicy{Required: new(int32(0)), ExcludeCreator: true}
		})},
		{reason: "10 approvals are the most", field: "spec.approval.required", request: creating(func(r *rekeyv1.CreateMigrationRequest) {
			r.Spec.Approval = &rekeyv1.ApprovalPolicy{Required: new(int32(11))}
		})},
	}
	for i := range list {
		list[i].method = rekeyv1.MigrationService_CreateMigration_FullMethodName
	}
	return list
}

// invalidVerbs are control verbs and listings that break a constraint.
func invalidVerbs() []invalid {
	const id = unknownID
	nowhere := &rekeyv1.Part{Part: &rekeyv1.Part_Cell{Cell: &rekeyv1.Cell{AccountId: "111111111111"}}}
	nobody := &rekeyv1.Part{Part: &rekeyv1.Part_Canary{Canary: &rekeyv1.CanaryName{AccountId: "111111111111", Region: "eu-west-1"}}}
	before := &rekeyv1.Part{Part: &rekeyv1.Part_Wave{Wave: -1}}
	return []invalid{
		{"a cell has a Region", "part.cell.region", rekeyv1.MigrationService_PauseMigration_FullMethodName, &rekeyv1.PauseMigrationRequest{MigrationId: id, Part: nowhere}},
		{"a canary has a name", "part.canary.canary_name", rekeyv1.MigrationService_ResumeMigration_FullMethodName, &rekeyv1.ResumeMigrationRequest{MigrationId: id, Part: nobody}},
		{"waves begin at 0", "part.wave", rekeyv1.MigrationService_CancelMigration_FullMethodName, &rekeyv1.CancelMigrationRequest{MigrationId: id, Part: before}},
		{"in flight is finished or put back", "in_flight", rekeyv1.MigrationService_CancelMigration_FullMethodName, &rekeyv1.CancelMigrationRequest{MigrationId: id, InFlight: 9}},
		{"waves begin at 0", "part.wave", rekeyv1.MigrationService_RollBackMigration_FullMethodName, &rekeyv1.RollBackMigrationRequest{MigrationId: id, Part: before}},
		{"a canary is named once", "canary_names", rekeyv1.MigrationService_RetryMigration_FullMethodName, &rekeyv1.RetryMigrationRequest{MigrationId: id, CanaryNames: []string{"a", "a"}}},
		{"waves begin at 0", "wave", rekeyv1.MigrationService_AdvanceMigration_FullMethodName, &rekeyv1.AdvanceMigrationRequest{MigrationId: id, Wave: -1}},
		{"a cell has one at a time", "max_concurrent_canaries_per_cell", rekeyv1.MigrationService_UpdateRollout_FullMethodName, &rekeyv1.UpdateRolloutRequest{MigrationId: id, MaxConcurrentCanariesPerCell: new(int32(0))}},
		{"a budget is of something", "budget", rekeyv1.MigrationService_UpdateRollout_FullMethodName, &rekeyv1.UpdateRolloutRequest{MigrationId: id, Budget: &rekeyv1.FailureBudget{}}},
		{"evidence goes to a file or a bucket", "evidence_uri", rekeyv1.MigrationService_CloseMigration_FullMethodName, &rekeyv1.CloseMigrationRequest{MigrationId: id, EvidenceUri: "https://a"}},
		{"a step is a step", "steps[0]", rekeyv1.MigrationService_ListCanaries_FullMethodName, &rekeyv1.ListCanariesRequest{MigrationId: id, Steps: []rekeyv1.CanaryStep{0}}},
		{"a verdict is one", "verdicts[0]", rekeyv1.MigrationService_ListCanaries_FullMethodName, &rekeyv1.ListCanariesRequest{MigrationId: id, Verdicts: []rekeyv1.Verdict{0}}},
		{"waves begin at 0", "wave", rekeyv1.MigrationService_ListCanaries_FullMethodName, &rekeyv1.ListCanariesRequest{MigrationId: id, Wave: new(int32(-1))}},
	}
}

// TestEveryVerbNamesItsMigration sends each method's request without an id.
func TestEveryVerbNamesItsMigration(t *testing.T) {
	h := servicetest.New(t, service.Config{})
	methods := rekeyv1.File_rekey_v1_migration_service_proto.Services().ByName("MigrationService").Methods()
	for i := range methods.Len() {
		method := methods.Get(i)
		if method.Input().Fields().ByName("migration_id") == nil || method.IsStreamingServer() {
			continue
		}
		request := emptyOf(t, method.Input())
		err := h.Conn.Invoke(t.Context(), "/rekey.v1.MigrationService/"+string(method.Name()), request, &rekeyv1.GetMigrationResponse{})
		t.Log(method.Name(), err)
		wantError(t, err, wanted{code: codes.InvalidArgument, reason: "INVALID_FIELD"})
	}
}

func emptyOf(t *testing.T, d protoreflect.MessageDescriptor) proto.Message {
	t.Helper()
	found, err := protoregistry.GlobalTypes.FindMessageByName(d.FullName())
	if err != nil {
		t.Fatal(err)
	}
	return found.New().Interface()
}
