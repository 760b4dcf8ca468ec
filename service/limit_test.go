package service

import (
	"math"
	"testing"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	healthv1 "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/peer"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/reflect/protoreflect"

	"rekey/service/identity"
	"rekey/workflows"
)

// methodOf is a method of the API by its name.
func methodOf(t *testing.T, name protoreflect.Name) protoreflect.MethodDescriptor {
	t.Helper()
	for _, method := range methods() {
		if method.Name() == name {
			return method
		}
	}
	t.Fatalf("there is no method %s", name)
	return nil
}

// burst calls until it is refused, and returns how often it was not, and the refusal. The rates of these tests are so low
// that no second call becomes due while they run.
func burst(t *testing.T, conn *grpc.ClientConn, method protoreflect.Name) (passed int, refused *status.Status) {
	t.Helper()
	ctx := metadata.AppendToOutgoingContext(t.Context(), identity.MetadataKey, "ann")
	for range 100 {
		err := status.Convert(call(ctx, conn, methodOf(t, method)))
		if err.Code() != codes.Unimplemented {
			return passed, err
		}
		passed++
	}
	return passed, nil
}

func TestCallsAreLimited(t *testing.T) {
	tests := map[string]struct {
		config Config
		method protoreflect.Name
		passes int
		limit  string
	}{
		"the fleet by its own rate":       {Config{FleetCallsPerMinute: 3}, "SummarizeFleet", 3, "3 calls a minute"},
		"less than one in its time":       {Config{FleetCallsPerMinute: 0.1}, "ListFleetCanaries", 1, "0.1 calls a minute"},
		"the others by theirs":            {Config{CallsPerSecond: 0.001}, "GetMigration", 1, "0.001 calls a second"},
		"a stream as one":                 {Config{CallsPerSecond: 0.001}, "WatchMigration", 1, "0.001 calls a second"},
		"the fleet not by the others'":    {Config{CallsPerSecond: 0.001}, "SummarizeFleet", 100, ""},
		"the others not by the fleet's":   {Config{FleetCallsPerMinute: 0.1}, "GetMigration", 100, ""},
		"none where there is no limit":    {Config{}, "GetMigration", 100, ""},
		"in turn, with a little patience": {Config{CallsPerSecond: 50}, "GetMigration", 100, ""},
		"not at all within a large rate":  {Config{CallsPerSecond: 1e6}, "GetMigration", 100, ""},
	}
	for reason, test := range tests {
		t.Run(reason, func(t *testing.T) {
			test.config.Workflows = oneMigration{}
			passed, refused := burst(t, guarded(t, test.config), test.method)
			if passed != test.passes {
				t.Fatalf("%d calls passed, want %d; then %v", passed, test.passes, refused)
			}
			if test.limit != "" {
				wantLimit(t, refused, test.limit)
			}
		})
	}
}

// wantLimit checks a refusal: it says whose calls are limited to what, and when to call again.
func wantLimit(t *testing.T, refused *status.Status, limit string) {
	t.Helper()
	if refused.Code() != codes.ResourceExhausted {
		t.Errorf("refused with %v, want RESOURCE_EXHAUSTED", refused)
	}
	var told, when bool
	for _, detail := range refused.Details() {
		switch d := detail.(type) {
		case *errdetails.ErrorInfo:
			told = d.GetReason() == "RATE_LIMITED" && d.GetMetadata()["caller"] == "ann" && d.GetMetadata()["limit"] == limit
		case *errdetails.RetryInfo:
			when = d.GetRetryDelay().AsDuration() > patience
		}
	}
	if !told || !when {
		t.Errorf("%v has the details %v", refused, refused.Details())
	}
}

func TestHealthIsNotLimited(t *testing.T) {
	limits, err := newLimits(0.001, 0.001)
	if err != nil {
		t.Fatal(err)
	}
	for range 100 {
		if err := limits.admit(t.Context(), healthv1.Health_Check_FullMethodName); err != nil {
			t.Fatal(err)
		}
	}
}

// address is where a caller calls from.
type address string

func (address) Network() string  { return "tcp" }
func (a address) String() string { return string(a) }

func TestCallersAreToldApart(t *testing.T) {
	type from struct {
		caller  workflows.Caller
		address address
	}
	verified := func(name string) workflows.Caller { return workflows.Caller{Name: name, Verified: true} }
	tests := map[string]struct {
		first, second from
		same          bool
	}{
		"two certificates":                          {from{verified("dns:a"), "10.0.0.1:1"}, from{verified("dns:b"), "10.0.0.1:1"}, false},
		"a certificate from two machines":           {from{verified("dns:a"), "10.0.0.1:1"}, from{verified("dns:a"), "10.0.0.2:1"}, true},
		"two claimed names from a machine":          {from{workflows.Caller{Name: "a"}, "10.0.0.1:1"}, from{workflows.Caller{Name: "b"}, "10.0.0.1:2"}, true},
		"a claimed name from two machines":          {from{workflows.Caller{Name: "a"}, "10.0.0.1:1"}, from{workflows.Caller{Name: "a"}, "10.0.0.2:1"}, false},
		"a claimed name is not the certificate's":   {from{workflows.Caller{Name: "dns:a"}, "10.0.0.1:1"}, from{verified("dns:a"), "10.0.0.1:1"}, false},
		"without a name, by another kind of socket": {from{workflows.Caller{}, "bufconn"}, from{workflows.Caller{}, "bufconn"}, true},
	}
	for reason, test := range tests {
		t.Run(reason, func(t *testing.T) {
			p, err := newPace(0.001, patience, "a second")
			if err != nil {
				t.Fatal(err)
			}
			admit := func(f from) error {
				ctx := peer.NewContext(identity.With(t.Context(), f.caller), &peer.Peer{Addr: f.address})
				return p.admit(ctx)
			}
			if err := admit(test.first); err != nil {
				t.Fatal(err)
			}
			if refused := admit(test.second) != nil; refused != test.same {
				t.Errorf("they count as the same caller: %t, want %t", refused, test.same)
			}
		})
	}
}

func TestRememberedCallersAreBounded(t *testing.T) {
	p, err := newPace(1, patience, "a second")
	if err != nil {
		t.Fatal(err)
	}
	for i := range 2 * maxCallers {
		p.limiter(string(rune(i)))
	}
	if n := p.each.Len(); n != maxCallers {
		t.Errorf("%d callers are remembered, want %d", n, maxCallers)
	}
}

func TestRatesAreNumbers(t *testing.T) {
	for _, bad := range []float64{-1, math.NaN(), math.Inf(1)} {
		if _, err := newLimits(bad, 0); err == nil {
			t.Errorf("%v calls a second are taken", bad)
		}
		if _, err := newLimits(0, bad); err == nil {
			t.Errorf("%v calls a minute are taken", bad)
		}
	}
}
