package service_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"

	rekeyv1 "rekey/gen/rekey/v1"
	"rekey/service"
	"rekey/service/servicetest"
)

// invalid is a request that breaks one constraint.
type invalid struct {
	reason string
	field  string
	method string
	// request is what is sent.
	request proto.Message
}

// creating is a CreateMigrationRequest with a change.
func creating(change func(*rekeyv1.CreateMigrationRequest)) proto.Message {
	r := &rekeyv1.CreateMigrationRequest{Spec: servicetest.Spec()}
	change(r)
	return r
}

func target(t *rekeyv1.Target) proto.Message {
	return creating(func(r *rekeyv1.CreateMigrationRequest) { r.Spec.Target = t })
}

func policy(p *rekeyv1.Policies) proto.Message {
	return creating(func(r *rekeyv1.CreateMigrationRequest) { r.Spec.Policies = p })
}

// many are n different strings.
func many(n int, format string) []string {
	list := make([]string, n)
	for i := range list {
		list[i] = fmt.Sprintf(format, i)
	}
	return list
}

const (
	keyARN  = "arn:aws:kms:eu-west-1:999999999999:key/1"
	kmsMode = rekeyv1.EncryptionMode_ENCRYPTION_MODE_SSE_KMS
)

func invalidSpecs() []invalid {
	type request = rekeyv1.CreateMigrationRequest
	list := []invalid{
		{reason: "a request id has no spaces", field: "request_id", request: creating(func(r *request) { r.RequestId = "a b" })},
		{reason: "a request id has 64 characters", field: "request_id", request: creating(func(r *request) { r.RequestId = strings.Repeat("a", 65) })},
		{reason: "a spec is required", field: "spec", request: creating(func(r *request) { r.Spec = nil })},
		{reason: "a name has 128 characters", field: "spec.display_name", request: creating(func(r *request) { r.Spec.DisplayName = strings.Repeat("ä", 129) })},
		{reason: "a selection is required", field: "spec.selection", request: creating(func(r *request) { r.Spec.Selection = nil })},
		{reason: "an account is required", field: "spec.selection", request: creating(func(r *request) { r.Spec.Selection.AccountIds = nil })},
		{reason: "1,000 accounts are the most", field: "spec.selection.account_ids", request: creating(func(r *request) { r.Spec.Selection.AccountIds = many(1001, "%012d") })},
		{reason: "an account is named once", field: "spec.selection.account_ids", request: creating(func(r *request) { r.Spec.Selection.AccountIds = []string{"111111111111", "111111111111"} })},
		{reason: "an account has 12 digits", field: "spec.selection.account_ids[1]", request: creating(func(r *request) { r.Spec.Selection.AccountIds[1] = "12345" })},
		{reason: "a Region is required", field: "spec.selection", request: creating(func(r *request) { r.Spec.Selection.Regions = nil })},
		{reason: "40 Regions are the most", field: "spec.selection.regions", request: creating(func(r *request) { r.Spec.Selection.Regions = many(41, "eu-west-%d") })},
		{reason: "a Region is named once", field: "spec.selection.regions", request: creating(func(r *request) { r.Spec.Selection.Regions = []string{"eu-west-1", "eu-west-1"} })},
		{reason: "a Region looks like one", field: "spec.selection.regions[0]", request: creating(func(r *request) { r.Spec.Selection.Regions[0] = "Europe" })},
		{reason: "100 patterns are the most", field: "spec.selection.name_patterns", request: creating(func(r *request) { r.Spec.Selection.NamePatterns = many(101, "a%d*") })},
		{reason: "a pattern is named once", field: "spec.selection.name_patterns", request: creating(func(r *request) { r.Spec.Selection.NamePatterns = []string{"a", "a"} })},
		{reason: "a pattern is not empty", field: "spec.selection.name_patterns[0]", request: creating(func(r *request) { r.Spec.Selection.NamePatterns = []string{""} })},
		{reason: "a pattern has 255 characters", field: "spec.selection.name_patterns[0]", request: creating(func(r *request) { r.Spec.Selection.NamePatterns = []string{strings.Repeat("a", 256)} })},
		{reason: "a pattern has the characters of names", field: "spec.selection.name_patterns[0]", request: creating(func(r *request) { r.Spec.Selection.NamePatterns = []string{"A[b]"} })},
		{reason: "a target is required", field: "spec.target", request: creating(func(r *request) { r.Spec.Target = nil })},
		{reason: "a target is of something", field: "spec.target", request: target(&rekeyv1.Target{})},
		{reason: "a mode comes with its key", field: "spec.target", request: target(&rekeyv1.Target{Mode: kmsMode})},
		{reason: "a key comes with its mode", field: "spec.target", request: target(&rekeyv1.Target{Mode: rekeyv1.EncryptionMode_ENCRYPTION_MODE_SSE_S3, KmsKeyArns: []string{keyARN}})},
		{reason: "an alias beside a key is one too many", field: "spec.target", request: target(&rekeyv1.Target{Mode: kmsMode, KmsKeyArns: []string{keyARN}, KmsAlias: "alias/a"})},
		{reason: "an alias beside a template is one too many", field: "spec.target", request: target(&rekeyv1.Target{Mode: kmsMode, KmsAlias: "alias/a", KmsKeyTemplate: "arn:aws:kms:{region}:{account}:alias/a"})},
		{reason: "a mode is a known one", field: "spec.target.mode", request: target(&rekeyv1.Target{Mode: 99, ArtifactLocation: "s3://bucket"})},
		{reason: "an alias begins with alias/", field: "spec.target.kms_alias", request: target(&rekeyv1.Target{Mode: kmsMode, KmsAlias: "canaries"})},
		{reason: "a template is a key's ARN", field: "spec.target.kms_key_template", request: target(&rekeyv1.Target{Mode: kmsMode, KmsKeyTemplate: "alias/{account}"})},
		{reason: "a location is of S3", field: "spec.target.artifact_location", request: target(&rekeyv1.Target{ArtifactLocation: "https://bucket/x"})},
		{reason: "a bucket has no dots", field: "spec.target.artifact_location", request: target(&rekeyv1.Target{ArtifactLocation: "s3://a.bucket/x"})},
		{reason: "a location has no spaces", field: "spec.target.artifact_location", request: target(&rekeyv1.Target{ArtifactLocation: "s3://bucket/a b"})},
		{reason: "a policy is a known one", field: "spec.policies.access", request: policy(&rekeyv1.Policies{Access: 99})},
		{reason: "a viewer is a principal", field: "spec.policies.carry_over[0]", request: policy(&rekeyv1.Policies{CarryOver: []string{"analyst"}})},
		{reason: "a viewer is no account", field: "spec.policies.carry_over[0]", request: policy(&rekeyv1.Policies{CarryOver: []string{"arn:aws:iam::111111111111:root"}})},
		{reason: "a retired key is no alias", field: "spec.policies.retired_kms_key_arns[0]", request: policy(&rekeyv1.Policies{RetiredKmsKeyArns: []string{"alias/old"}})},
		{reason: "a tag has a key", field: "spec.policies.managed_tags[0]", request: policy(&rekeyv1.Policies{ManagedTags: []string{""}})},
		{reason: "40 keys are the most", field: "spec.target.kms_key_arns", request: creating(func(r *request) { r.Spec.Target.KmsKeyArns = many(41, "arn:aws:kms:eu-west-%d:999999999999:key/1") })},
		{reason: "a key is named once", field: "spec.target.kms_key_arns", request: creating(func(r *request) { r.Spec.Target.KmsKeyArns = []string{keyARN, keyARN} })},
		{reason: "a Region has one key", field: "spec.target.kms_key_arns", request: creating(func(r *request) { r.Spec.Target.KmsKeyArns = []string{keyARN, keyARN + "2"} })},
		{reason: "an alias is refused", field: "spec.target.kms_key_arns[0]", request: creating(func(r *request) {
			r.Spec.Target.KmsKeyArns = []string{"arn:aws:kms:eu-west-1:999999999999:alias/canaries"}
		})},
		{reason: "an ARN has 2,048 characters", field: "spec.target.kms_key_arns[0]", request: creating(func(r *request) { r.Spec.Target.KmsKeyArns = []string{keyARN + strings.Repeat("1", 2048)} })},
		{reason: "a cell has no fewer than none at a time", field: "spec.rollout.max_concurrent_canaries_per_cell", request: creating(func(r *request) {
			r.Spec.Rollout = &rekeyv1.Rollout{MaxConcurrentCanariesPerCell: -1}
		})},
		{reason: "a cell has 150 at a time", field: "spec.rollout.max_concurrent_canaries_per_cell", request: creating(func(r *request) {
			r.Spec.Rollout = &rekeyv1.Rollout{MaxConcurrentCanariesPerCell: 151}
		})},
	}
	for reason, waits := range map[string]*rekeyv1.Waits{
		"access_settle is not negative": {AccessSettle: durationpb.New(-time.Second)},
		"access_settle is an hour":      {AccessSettle: durationpb.New(time.Hour + time.Second)},
		"revoke_watch is not negative":  {RevokeWatch: durationpb.New(-time.Second)},
		"revoke_watch is a day":         {RevokeWatch: durationpb.New(24*time.Hour + time.Second)},
		"run_deadline is a minute":      {RunDeadline: durationpb.New(59 * time.Second)},
		"run_deadline is 31 days":       {RunDeadline: durationpb.New(31*24*time.Hour + time.Second)},
	} {
		field, _, _ := strings.Cut(reason, " ")
		list = append(list, invalid{reason: reason, field: "spec.waits." + field, request: creating(func(r *request) { r.Spec.Waits = waits })})
	}
	for i := range list {
		list[i].method = rekeyv1.MigrationService_CreateMigration_FullMethodName
	}
	return list
}

func invalidRequests() []invalid {
	const id = unknownID
	canary := func(change func(*rekeyv1.GetCanaryRequest)) proto.Message {
		r := &rekeyv1.GetCanaryRequest{MigrationId: id, AccountId: "111111111111", Region: "eu-west-1", CanaryName: "a"}
		change(r)
		return r
	}
	return []invalid{
		{"an id is required", "migration_id", rekeyv1.MigrationService_GetMigration_FullMethodName, &rekeyv1.GetMigrationRequest{}},
		{"an id looks like one", "migration_id", rekeyv1.MigrationService_GetMigration_FullMethodName, &rekeyv1.GetMigrationRequest{MigrationId: "m-1"}},
		{"a page is not negative", "page_size", rekeyv1.MigrationService_ListMigrations_FullMethodName, &rekeyv1.ListMigrationsRequest{PageSize: -1}},
		{"100 are the most", "page_size", rekeyv1.MigrationService_ListMigrations_FullMethodName, &rekeyv1.ListMigrationsRequest{PageSize: 101}},
		{"a token is not endless", "page_token", rekeyv1.MigrationService_ListMigrations_FullMethodName, &rekeyv1.ListMigrationsRequest{PageToken: strings.Repeat("a", 8193)}},
		{"a state is a known one", "states[0]", rekeyv1.MigrationService_ListMigrations_FullMethodName, &rekeyv1.ListMigrationsRequest{States: []rekeyv1.MigrationState{99}}},
		{"a state is a state", "states[0]", rekeyv1.MigrationService_ListMigrations_FullMethodName, &rekeyv1.ListMigrationsRequest{States: []rekeyv1.MigrationState{0}}},
		{"a state is named once", "states", rekeyv1.MigrationService_ListMigrations_FullMethodName, &rekeyv1.ListMigrationsRequest{States: []rekeyv1.MigrationState{1, 1}}},
		{"an id is required", "migration_id", rekeyv1.MigrationService_WatchMigration_FullMethodName, &rekeyv1.WatchMigrationRequest{}},
		{"a cursor is not endless", "cursor", rekeyv1.MigrationService_WatchMigration_FullMethodName, &rekeyv1.WatchMigrationRequest{MigrationId: id, Cursor: strings.Repeat("a", 257)}},
		{"an id is required", "migration_id", rekeyv1.MigrationService_ApproveMigration_FullMethodName, &rekeyv1.ApproveMigrationRequest{PlanDigest: digest}},
		{"a digest is required", "plan_digest", rekeyv1.MigrationService_ApproveMigration_FullMethodName, &rekeyv1.ApproveMigrationRequest{MigrationId: id}},
		{"a comment has 1,024 characters", "comment", rekeyv1.MigrationService_ApproveMigration_FullMethodName, &rekeyv1.ApproveMigrationRequest{MigrationId: id, PlanDigest: digest, Comment: strings.Repeat("a", 1025)}},
		{"an id is required", "migration_id", rekeyv1.MigrationService_CancelMigration_FullMethodName, &rekeyv1.CancelMigrationRequest{}},
		{"a reason has 1,024 characters", "reason", rekeyv1.MigrationService_CancelMigration_FullMethodName, &rekeyv1.CancelMigrationRequest{MigrationId: id, Reason: strings.Repeat("a", 1025)}},
		{"an id is required", "migration_id", rekeyv1.MigrationService_ListCanaries_FullMethodName, &rekeyv1.ListCanariesRequest{}},
		{"a page is not negative", "page_size", rekeyv1.MigrationService_ListCanaries_FullMethodName, &rekeyv1.ListCanariesRequest{MigrationId: id, PageSize: -1}},
		{"500 are the most", "page_size", rekeyv1.MigrationService_ListCanaries_FullMethodName, &rekeyv1.ListCanariesRequest{MigrationId: id, PageSize: 501}},
		{"a token is not endless", "page_token", rekeyv1.MigrationService_ListCanaries_FullMethodName, &rekeyv1.ListCanariesRequest{MigrationId: id, PageToken: strings.Repeat("a", 1025)}},
		{"a state is a known one", "states[0]", rekeyv1.MigrationService_ListCanaries_FullMethodName, &rekeyv1.ListCanariesRequest{MigrationId: id, States: []rekeyv1.CanaryState{99}}},
		{"a state is named once", "states", rekeyv1.MigrationService_ListCanaries_FullMethodName, &rekeyv1.ListCanariesRequest{MigrationId: id, States: []rekeyv1.CanaryState{1, 1}}},
		{"an account has 12 digits", "account_id", rekeyv1.MigrationService_ListCanaries_FullMethodName, &rekeyv1.ListCanariesRequest{MigrationId: id, AccountId: "1"}},
		{"a Region looks like one", "region", rekeyv1.MigrationService_ListCanaries_FullMethodName, &rekeyv1.ListCanariesRequest{MigrationId: id, Region: "x"}},
		{"an id is required", "migration_id", rekeyv1.MigrationService_GetCanary_FullMethodName, canary(func(r *rekeyv1.GetCanaryRequest) { r.MigrationId = "" })},
		{"an account is required", "account_id", rekeyv1.MigrationService_GetCanary_FullMethodName, canary(func(r *rekeyv1.GetCanaryRequest) { r.AccountId = "" })},
		{"a Region is required", "region", rekeyv1.MigrationService_GetCanary_FullMethodName, canary(func(r *rekeyv1.GetCanaryRequest) { r.Region = "" })},
		{"a name is required", "canary_name", rekeyv1.MigrationService_GetCanary_FullMethodName, canary(func(r *rekeyv1.GetCanaryRequest) { r.CanaryName = "" })},
		{"an id is required", "migration_id", rekeyv1.MigrationService_RollBackMigration_FullMethodName, &rekeyv1.RollBackMigrationRequest{}},
		{"a reason has 1,024 characters", "reason", rekeyv1.MigrationService_RollBackMigration_FullMethodName, &rekeyv1.RollBackMigrationRequest{MigrationId: id, Reason: strings.Repeat("a", 1025)}},
		{"an id is required", "migration_id", rekeyv1.MigrationService_ConfirmSourceChange_FullMethodName, &rekeyv1.ConfirmSourceChangeRequest{}},
		{"1,000 canaries are the most", "canary_names", rekeyv1.MigrationService_ConfirmSourceChange_FullMethodName, &rekeyv1.ConfirmSourceChangeRequest{MigrationId: id, CanaryNames: many(1001, "a%d")}},
		{"a canary is named once", "canary_names", rekeyv1.MigrationService_ConfirmSourceChange_FullMethodName, &rekeyv1.ConfirmSourceChangeRequest{MigrationId: id, CanaryNames: []string{"a", "a"}}},
		{"a name has the characters of names", "canary_name", rekeyv1.MigrationService_GetCanary_FullMethodName, canary(func(r *rekeyv1.GetCanaryRequest) { r.CanaryName = "A/b" })},
	}
}

func TestInvalidFieldsAreNamed(t *testing.T) {
	h := servicetest.New(t, service.Config{})
	for _, test := range slices.Concat(invalidSpecs(), invalidRollouts(), invalidRequests(), invalidVerbs()) {
		t.Run(test.method+": "+test.reason, func(t *testing.T) {
			err := send(t, h, test.method, test.request)
			wantError(t, err, wanted{code: codes.InvalidArgument, reason: "INVALID_FIELD"})
			info := detail[*errdetails.ErrorInfo](status.Convert(err))
			if info.GetMetadata()["field"] != test.field || info.GetMetadata()["constraint"] == "" {
				t.Errorf("%v names %v, want %s and its constraint", err, info.GetMetadata(), test.field)
			}
			named := detail[*errdetails.BadRequest](status.Convert(err)).GetFieldViolations()
			if !slices.ContainsFunc(named, func(v *errdetails.BadRequest_FieldViolation) bool {
				return v.GetField() == test.field && v.GetDescription() != ""
			}) {
				t.Errorf("%v, want %s among them", named, test.field)
			}
			if !strings.Contains(err.Error(), test.field) {
				t.Errorf("the message does not name the field: %v", err)
			}
		})
	}
}

// send sends a request, to a unary method or to the one that streams.
func send(t *testing.T, h *servicetest.Harness, method string, request proto.Message) error {
	t.Helper()
	if r, ok := request.(*rekeyv1.WatchMigrationRequest); ok {
		_, err := watch(t, h, r.GetMigrationId(), r.GetCursor()).Recv()
		return err
	}
	return h.Conn.Invoke(t.Context(), method, request, &rekeyv1.GetMigrationResponse{})
}

func TestEveryInvalidFieldIsListed(t *testing.T) {
	h := servicetest.New(t, service.Config{})
	err := send(t, h, rekeyv1.MigrationService_CreateMigration_FullMethodName, creating(func(r *rekeyv1.CreateMigrationRequest) {
		r.RequestId, r.Spec.Selection.AccountIds, r.Spec.Target = "a b", many(1000, "%d"), nil
	}))
	wantError(t, err, wanted{code: codes.InvalidArgument, reason: "INVALID_FIELD"})
	named := detail[*errdetails.BadRequest](status.Convert(err)).GetFieldViolations()
	if len(named) != 32 || named[0].GetField() != "request_id" {
		t.Errorf("%d are listed, the first is %v; want request_id and as many as a trailer takes", len(named), named[0])
	}
	if size := len(err.Error()); size > 1000 {
		t.Errorf("the message has %d characters", size)
	}
}

func TestTheWidestRequestIsValid(t *testing.T) {
	h := servicetest.New(t, service.Config{})
	_, err := h.Client.CreateMigration(t.Context(), &rekeyv1.CreateMigrationRequest{
		RequestId: strings.Repeat("a", 64),
		Spec: &rekeyv1.MigrationSpec{
			DisplayName: strings.Repeat("ä", 128),
			Selection: &rekeyv1.Selection{
				AccountIds: many(1000, "%012d"), Regions: many(4, "us-gov-west-%d"), NamePatterns: many(100, "a?b*%d"),
			},
			Target: &rekeyv1.Target{
				Mode: rekeyv1.EncryptionMode_ENCRYPTION_MODE_SSE_KMS, KmsKeyArns: many(40, "arn:aws-us-gov:kms:eu-west-%d:999999999999:key/mrk-1"),
			},
			Rollout: &rekeyv1.Rollout{MaxConcurrentCanariesPerCell: 150},
			Waits:   &rekeyv1.Waits{AccessSettle: durationpb.New(time.Hour), RunDeadline: durationpb.New(31 * 24 * time.Hour)},
		},
	})
	if err != nil {
		t.Error(err)
	}
}
