package service

import (
	"errors"
	"testing"

	rekeyv1 "rekey/gen/rekey/v1"
)

func TestBothServicesAreOurs(t *testing.T) {
	for name, want := range map[string]bool{
		rekeyv1.MigrationService_ServiceDesc.ServiceName: true, rekeyv1.FleetService_ServiceDesc.ServiceName: true,
		"grpc.health.v1.Health": false, "": false,
	} {
		if got := isOurs(name); got != want {
			t.Errorf("%q is ours: %v, want %v", name, got, want)
		}
	}
}

func TestRequestsOfBothServicesAreChecked(t *testing.T) {
	validate, err := newValidator()
	if err != nil {
		t.Fatal(err)
	}
	for _, request := range []any{
		&rekeyv1.GetMigrationRequest{}, &rekeyv1.ListFleetCanariesRequest{}, &rekeyv1.SummarizeFleetRequest{SummaryId: "?"},
	} {
		refused, ok := errors.AsType[*refusal](validate.check(request))
		if !ok || refused.reason != rekeyv1.ErrorReason_ERROR_REASON_INVALID_FIELD {
			t.Errorf("%T: %v, want it refused", request, refused)
		}
	}
}
