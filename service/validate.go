package service

import (
	"errors"
	"slices"
	"strings"

	"buf.build/go/protovalidate"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	rekeyv1 "rekey/gen/rekey/v1"
)

// services are those of the API: their requests are checked and their calls are logged.
func services() []protoreflect.ServiceDescriptor {
	return []protoreflect.ServiceDescriptor{
		rekeyv1.File_rekey_v1_migration_service_proto.Services().ByName("MigrationService"),
		rekeyv1.File_rekey_v1_fleet_service_proto.Services().ByName("FleetService"),
	}
}

// isOurs reports whether a service, by its full name, is one of the API's.
func isOurs(name string) bool {
	return slices.ContainsFunc(services(), func(s protoreflect.ServiceDescriptor) bool { return string(s.FullName()) == name })
}

// validator checks requests against the constraints that the API's fields carry.
type validator struct {
	rules protovalidate.Validator
}

// newValidator compiles the constraints of every request, so that a mistake in one shows at the start.
func newValidator() (*validator, error) {
	var requests []protoreflect.MessageDescriptor
	for _, service := range services() {
		for i := range service.Methods().Len() {
			requests = append(requests, service.Methods().Get(i).Input())
		}
	}
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
