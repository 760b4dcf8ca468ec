package selection

import (
	"errors"
	"testing"
	"time"

	"go.temporal.io/sdk/temporal"

	"rekey/workflows"
	"rekey/workflows/failure"
)

func TestPassing(t *testing.T) {
	told := asking{}
	denied := asking{problem: &workflows.Problem{Message: "denied"}}
	silent := asking{problem: &workflows.Problem{Message: "silent"}, retry: true}
	putOff := asking{retry: true, problem: &workflows.Problem{Metadata: map[string]string{failure.RetryAfter: "4s"}}}
	for name, test := range map[string]struct {
		reason  string
		asked   []asking
		patient bool
		again   bool
	}{
		"all told":                  {"", []asking{told, told}, true, false},
		"one denied":                {"it will be denied again", []asking{told, denied}, true, false},
		"one silent":                {"it may answer later", []asking{told, silent}, true, true},
		"one silent for long":       {"the others need not wait for it", []asking{told, silent}, false, false},
		"silent beside one denied":  {"somebody answered, so it is about the account", []asking{denied, silent}, false, false},
		"all silent for long":       {"nobody answered, so it is not about the accounts", []asking{silent, silent}, false, true},
		"one put off for long":      {"it was not asked yet", []asking{told, silent, putOff}, false, true},
		"no account at all to tell": {"", nil, false, false},
	} {
		t.Run(name, func(t *testing.T) {
			if got := passing(test.asked, test.patient) != nil; got != test.again {
				t.Errorf("%s: another attempt %v, want %v", test.reason, got, test.again)
			}
		})
	}
}

// TestPutOffComesAgainInTime keeps the time of the turn, and says that it is about that.
func TestPutOffComesAgainInTime(t *testing.T) {
	waits := &workflows.Problem{
		Message: "it waits for its turn.", Metadata: map[string]string{failure.RetryAfter: "40s", "aws_code": "none"},
	}
	err := failure.Retry(notTold("account:ListRegions", waits, repeated), 0)
	app, _ := errors.AsType[*temporal.ApplicationError](err)
	if app.NextRetryDelay() != 40*time.Second || failure.Problem(err).Metadata["cause"] != "it waits for its turn" {
		t.Errorf("it comes again after %s: %v", app.NextRetryDelay(), err)
	}
}
