package aws_test

import (
	"context"
	"net/http"
	"sync/atomic"
	"testing"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"rekey/workflows"
	"rekey/workflows/aws"
	"rekey/workflows/failure"
	"rekey/workflows/gate"
)

// turnstile lets so many calls begin, and holds those that follow.
type turnstile struct {
	open  int64
	asked atomic.Int64
}

func (s *turnstile) Ask(context.Context, []workflows.Subject) error {
	if s.asked.Add(1) <= s.open {
		return nil
	}
	return failure.Pause(&workflows.Problem{Reason: workflows.Paused, Message: "paused"})
}

var everybody = []workflows.Subject{{Migration: "m-1"}}

func createGrant(ctx context.Context, access *aws.Access) error {
	api := kms.NewFromConfig(access.Config(workflows.Cell{Account: "111111111111", Region: "eu-west-1"}, "kms"))
	_, err := api.CreateGrant(ctx, &kms.CreateGrantInput{
		KeyId: awssdk.String("key"), GranteePrincipal: awssdk.String("role"), Operations: []types.GrantOperation{"Decrypt"},
	})
	return err
}

// TestGateIsAskedBeforeEachAttempt throttles every attempt: the SDK tries again after a while, in which a pause may come.
func TestGateIsAskedBeforeEachAttempt(t *testing.T) {
	for name, test := range map[string]struct {
		open  int64
		calls int
		held  bool
	}{
		"shut from the beginning":         {0, 0, true},
		"shut between the first and next": {1, 1, true},
		"open all the time":               {3, 3, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel() // the SDK's backoffs take seconds
			d := &door{status: http.StatusBadRequest, body: `{"__type": "ThrottlingException"}`}
			access, stile := enter(t, d, aws.Config{}), &turnstile{open: test.open}
			err := createGrant(gate.With(t.Context(), stile, everybody), access)
			problem, retry := aws.Classify(aws.Call{Operation: "kms:CreateGrant"}, err)
			if d.calls != test.calls || (problem.Reason == workflows.Paused) != test.held || retry == test.held {
				t.Errorf("%d calls and %s (retry %v), want %d calls, held %v", d.calls, problem, retry, test.calls, test.held)
			}
		})
	}
}

// TestGateIsAskedLast shuts the gate for good after the session was entered: what the SDK does before a call takes time, so
// the question comes after it.
func TestGateIsAskedLast(t *testing.T) {
	d := &door{status: http.StatusOK, body: `{}`}
	access, stile := enter(t, d, aws.Config{}), &turnstile{}
	if err := createGrant(gate.With(t.Context(), stile, everybody), access); !failure.IsPause(err) {
		t.Fatalf("got %v", err)
	}
	if len(d.entered) != 1 || d.calls != 0 {
		t.Errorf("%d sessions and %d calls, want a session, and then the gate", len(d.entered), d.calls)
	}
}

// TestReadsAreNotHeld makes a call that changes nothing behind a shut gate, and one that does without a gate.
func TestReadsAreNotHeld(t *testing.T) {
	d := &door{status: http.StatusOK, body: `{}`}
	access, stile := enter(t, d, aws.Config{}), &turnstile{}
	api := kms.NewFromConfig(access.Config(workflows.Cell{Account: "111111111111", Region: "eu-west-1"}, "kms"))
	if _, err := api.DescribeKey(gate.With(t.Context(), stile, everybody), &kms.DescribeKeyInput{KeyId: awssdk.String("key")}); err != nil {
		t.Error(err)
	}
	if n := stile.asked.Load(); n != 0 {
		t.Errorf("the gate was asked %d times for a read", n)
	}
	if err := createGrant(t.Context(), access); err != nil {
		t.Errorf("without a gate: %v", err)
	}
}

// TestSilentGateIsTriedAgain has the gate not answer.
func TestSilentGateIsTriedAgain(t *testing.T) {
	d := &door{status: http.StatusOK, body: `{}`}
	err := createGrant(gate.With(t.Context(), silent{}, everybody), enter(t, d, aws.Config{}))
	problem, retry := aws.Classify(aws.Call{Operation: "kms:CreateGrant"}, err)
	if d.calls != 0 || !retry || problem.Message != "no answer" {
		t.Errorf("%d calls, %+v, retry %v", d.calls, problem, retry)
	}
}

type silent struct{}

func (silent) Ask(context.Context, []workflows.Subject) error {
	return failure.Retry(&workflows.Problem{Reason: workflows.Internal, Message: "no answer"}, 0)
}

func TestUnknownOperationsAreChanges(t *testing.T) {
	if change, known := aws.IsChange("DeleteEverything"); !change || known {
		t.Errorf("change %v, known %v", change, known)
	}
}
