package service

import (
	"errors"
	"strings"

	"buf.build/go/protovalidate"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	rekeyv1 "rekey/gen/rekey/v1"
)

// validator checks requests against the constraints that the API's fields carry.
type validator struct {
	rules protovalidate.Validator
}

// newValidator compiles the constraints of every request, so that a mistake in one shows at the start.
func newValidator() (*validator, error) {
	methods := rekeyv1.File_rekey_v1_migration_service_proto.Services().ByName("MigrationService").Methods()
	var requests []protoreflect.MessageDescriptor
	for i := range methods.Len() {
		requests = append(requests, methods.Get(i).Input())
	}
	requests = append(requests, (*rekeyv1.ListFleetCanariesRequest)(nil).ProtoReflect().Descriptor(), (*rekeyv1.SummarizeFleetRequest)(nil).ProtoReflect().Descriptor())
	rules, err := protovalidate.New(protovalidate.WithMessageDescriptors(requests...), protovalidate.WithDisableLazy())
	if err != nil {
		return nil, err
	}
	return &validator{rules: rules}, nil
}

// check refuses a message that breaks constraints, naming every field that does.
func (v *validator) check(message any) error {
	m, ok := message.(proto.Message)
	if !ok || !strings.HasPrefix(string(m.ProtoReflect().Descriptor().FullName()), "rekey.") {
		return nil // health and reflection have no constraints
	}
	err := v.rules.Validate(m)
	var invalid *protovalidate.ValidationError
	if !errors.As(err, &invalid) {
		return err
	}
	violations := make([]violation, len(invalid.Violations))
	for i, v := range invalid.Violations {
		violations[i] = violation{
			field:       protovalidate.FieldPathString(v.Proto.GetField()),
			constraint:  v.Proto.GetRuleId(),
			description: v.Proto.GetMessage(),
		}
	}
	return invalidFields(violations)
}
