package service_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"math"
	"strings"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	healthv1 "google.golang.org/grpc/health/grpc_health_v1"
	reflectionv1 "google.golang.org/grpc/reflection/grpc_reflection_v1"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/descriptorpb"

	rekeyv1 "rekey/gen/rekey/v1"
	"rekey/service"
	"rekey/service/servicetest"
	"rekey/workflows"
)

// record is a log that a test reads while it is written.
type record struct {
	mu   sync.Mutex
	text bytes.Buffer
}

// Write appends to the log.
func (r *record) Write(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.text.Write(p)
}

func (r *record) String() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.text.String()
}

// failing panics, or fails, instead of answering.
type failing struct {
	*servicetest.Fake
	fail func() error
}

// Migration does not answer.
func (f failing) Migration(context.Context, string) (workflows.MigrationView, error) {
	return workflows.MigrationView{}, f.fail()
}

func TestAnUnforeseenErrorIsLoggedOnceUnderItsIncident(t *testing.T) {
	for reason, fail := range map[string]func() error{
		"an error": func() error { return errors.New("disk on fire") },
		"a panic":  func() error { panic("disk on fire") },
	} {
		t.Run(reason, func(t *testing.T) {
			log := &record{}
			h := servicetest.New(t, service.Config{
				Log:       slog.New(slog.NewTextHandler(log, nil)),
				Workflows: failing{servicetest.NewFake(), fail},
			})
			_, err := h.Client.GetMigration(t.Context(), &rekeyv1.GetMigrationRequest{MigrationId: unknownID})
			wantError(t, err, wanted{code: codes.Internal, reason: "INTERNAL"})
			if strings.Contains(err.Error(), "disk on fire") {
				t.Errorf("the caller is told %v", err)
			}
			h.Stop() // all is logged
			_, incident, _ := strings.Cut(err.Error(), "incident ")
			incident, _, _ = strings.Cut(incident, ")")
			var told int
			for line := range strings.Lines(log.String()) {
				if strings.Contains(line, "disk on fire") {
					told++
					if !strings.Contains(line, "incident="+incident) {
						t.Errorf("logged without the incident %s: %s", incident, line)
					}
				}
			}
			if told != 1 {
				t.Errorf("the cause is logged %d times in\n%s", told, log)
			}
		})
	}
}

func TestCallsAreLoggedWithoutPayloads(t *testing.T) {
	log := &record{}
	h := servicetest.New(t, service.Config{Log: slog.New(slog.NewTextHandler(log, nil))})
	create(t, h)
	h.Stop()
	if !strings.Contains(log.String(), "CreateMigration") || !strings.Contains(log.String(), "grpc.code=OK") {
		t.Errorf("the call is not logged:\n%s", log)
	}
	if strings.Contains(log.String(), servicetest.Spec().GetDisplayName()) {
		t.Errorf("the payload is logged:\n%s", log)
	}
}

func TestHealthFollowsTemporal(t *testing.T) {
	fake := servicetest.NewFake()
	fake.FailTemporal(service.ErrUnavailable)
	h := servicetest.New(t, service.Config{Workflows: fake, CheckInterval: time.Millisecond})
	client := healthv1.NewHealthClient(h.Conn)
	serving := func(name string) healthv1.HealthCheckResponse_ServingStatus {
		reply, err := client.Check(t.Context(), &healthv1.HealthCheckRequest{Service: name})
		if err != nil && status.Code(err) != codes.NotFound { // a moment after the start the name is unknown
			t.Fatal(err)
		}
		return reply.GetStatus()
	}
	for _, step := range []struct {
		reason string
		err    error
		want   healthv1.HealthCheckResponse_ServingStatus
	}{
		{"Temporal is away", service.ErrUnavailable, healthv1.HealthCheckResponse_NOT_SERVING},
		{"Temporal is prepared", nil, healthv1.HealthCheckResponse_SERVING},
		{"Temporal went away", service.ErrUnavailable, healthv1.HealthCheckResponse_NOT_SERVING},
		{"Temporal came back", nil, healthv1.HealthCheckResponse_SERVING},
	} {
		fake.FailTemporal(step.err)
		servicetest.Eventually(t, func(context.Context) bool {
			return serving(rekeyv1.MigrationService_ServiceDesc.ServiceName) == step.want
		})
		if got := serving(""); got != healthv1.HealthCheckResponse_SERVING {
			t.Errorf("%s: the server as a whole is %v", step.reason, got)
		}
	}
}

// reflected asks the reflection service one question.
func reflected(t *testing.T, h *servicetest.Harness, r *reflectionv1.ServerReflectionRequest) *reflectionv1.ServerReflectionResponse {
	t.Helper()
	s, err := reflectionv1.NewServerReflectionClient(h.Conn).ServerReflectionInfo(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Send(r); err != nil {
		t.Fatal(err)
	}
	reply, err := s.Recv()
	if err != nil {
		t.Fatal(err)
	}
	return reply
}

func TestReflectionServesComments(t *testing.T) {
	h := servicetest.New(t, service.Config{})
	symbol := func(name string) *reflectionv1.ServerReflectionRequest {
		return &reflectionv1.ServerReflectionRequest{
			MessageRequest: &reflectionv1.ServerReflectionRequest_FileContainingSymbol{FileContainingSymbol: name},
		}
	}
	for name, sentence := range map[string]string{
		"rekey.v1.MigrationService": "Creates a migration and starts planning it",
		"rekey.v1.ErrorReason":      "The request id was used before with another request",
		"rekey.v1.Canary":           "Canary is one canary in a migration",
		"buf.validate.FieldRules":   "FieldRules encapsulates the rules",
		"google.protobuf.Timestamp": "A Timestamp represents a point in time",
	} {
		if files := reflected(t, h, symbol(name)).GetFileDescriptorResponse().GetFileDescriptorProto(); !commentsSay(t, files, sentence) {
			t.Errorf("%s: no comment says %q", name, sentence)
		}
	}
	for _, name := range []string{"grpc.health.v1.Health", "grpc.reflection.v1.ServerReflection"} {
		if reply := reflected(t, h, symbol(name)); len(reply.GetFileDescriptorResponse().GetFileDescriptorProto()) == 0 {
			t.Errorf("%s: %v", name, reply)
		}
	}
	if reply := reflected(t, h, symbol("rekey.v1.Nothing")); reply.GetErrorResponse().GetErrorCode() != int32(codes.NotFound) {
		t.Errorf("an unknown symbol: %v", reply)
	}
	listed := reflected(t, h, &reflectionv1.ServerReflectionRequest{
		MessageRequest: &reflectionv1.ServerReflectionRequest_ListServices{},
	}).GetListServicesResponse().GetService()
	if len(listed) != 4 {
		t.Errorf("listed %v, want our two, health and reflection", listed)
	}
}

func commentsSay(t *testing.T, files [][]byte, sentence string) bool {
	t.Helper()
	for _, raw := range files {
		var file descriptorpb.FileDescriptorProto
		if err := proto.Unmarshal(raw, &file); err != nil {
			t.Fatal(err)
		}
		for _, location := range file.GetSourceCodeInfo().GetLocation() {
			if strings.Contains(strings.Join(strings.Fields(location.GetLeadingComments()), " "), sentence) {
				return true
			}
		}
	}
	return false
}

func TestNewRefusesBadConfigs(t *testing.T) {
	if _, err := service.New(service.Config{}); err == nil {
		t.Error("a service without workflows was made")
	}
	for _, scale := range []float64{0.5, -1, math.Inf(1), math.NaN()} {
		if _, err := service.New(service.Config{Workflows: servicetest.NewFake(), TimeScale: scale}); err == nil {
			t.Errorf("a service with the time scale %v was made", scale)
		}
	}
	for _, price := range []float64{-1, math.Inf(1), math.NaN()} {
		if _, err := service.New(service.Config{Workflows: servicetest.NewFake(), RunPriceUSD: price}); err == nil {
			t.Errorf("a service with the price %v was made", price)
		}
	}
}
