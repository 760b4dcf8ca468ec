package service_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// wanted is what an error is to say.
type wanted struct {
	code     codes.Code
	reason   string
	metadata map[string]string // nil: not looked at
}

// wantError checks an error, and that its message ends a sentence: what is in the way, then what to do next.
func wantError(t *testing.T, err error, want wanted) {
	t.Helper()
	st := status.Convert(err)
	info := detail[*errdetails.ErrorInfo](st)
	if st.Code() != want.code || info.GetReason() != want.reason || info.GetDomain() != "rekey.v1" {
		t.Fatalf("%v with %v, want %v %s of rekey.v1", err, info, want.code, want.reason)
	}
	if want.metadata != nil && !cmp.Equal(info.GetMetadata(), want.metadata) {
		t.Errorf("%v with the metadata %v, want %v", err, info.GetMetadata(), want.metadata)
	}
	if message := st.Message(); message == "" || message[len(message)-1] != '.' {
		t.Errorf("the message %q ends without a sentence", message)
	}
	if want.code == codes.Unavailable && detail[*errdetails.RetryInfo](st) == nil {
		t.Errorf("%v says not when to retry", err)
	}
}

// detail is a status' detail of a type, nil when it has none.
func detail[T any](st *status.Status) T {
	var none T
	for _, d := range st.Details() {
		if found, ok := d.(T); ok {
			return found
		}
	}
	return none
}
