package iam

import (
	"net/http/httptest"
	"strings"
	"testing"

	"rekey/awssim/authz"
	"rekey/awssim/identity"
	"rekey/awssim/model"
	"rekey/awssim/wire/wiretest"
)

type everything struct{}

func (everything) Authorize(authz.Request) error { return nil }

// TestServeReadsEveryRequest shows the service the SDK's requests; the role that they name doesn't exist.
func TestServeReadsEveryRequest(t *testing.T) {
	s := New(Config{Auth: everything{}})
	for _, operation := range []string{"GetRole", "ListRolePolicies", "GetRolePolicy", "PutRolePolicy", "DeleteRolePolicy"} {
		t.Run(operation, func(t *testing.T) {
			if !model.Knows("iam", operation) {
				t.Error("the model's constraints have not been generated for it")
			}
			c := wiretest.Snapshot(t, "iam", operation)
			c.Principal = identity.Root("111111111111")
			if got := s.Operation(c); got != operation {
				t.Errorf("operation = %q", got)
			}
			w := httptest.NewRecorder()
			s.Serve(w, c)
			if body := w.Body.String(); !strings.Contains(body, "<Code>NoSuchEntity</Code>") {
				t.Errorf("answer: %s", body)
			}
		})
	}
}
