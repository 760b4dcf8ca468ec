package board

import (
	"context"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc"

	rekeyv1 "rekey/gen/rekey/v1"
	"rekey/internal/client"
	"rekey/internal/client/clienttest"
)

// list is an API that lists canaries by their states, and does nothing else.
type list struct {
	rekeyv1.MigrationServiceClient
	canaries []*rekeyv1.Canary
}

func (l list) ListCanaries(_ context.Context, r *rekeyv1.ListCanariesRequest, _ ...grpc.CallOption) (*rekeyv1.ListCanariesResponse, error) {
	reply := &rekeyv1.ListCanariesResponse{}
	for _, c := range l.canaries {
		if slices.Contains(r.GetStates(), c.GetState()) {
			reply.Canaries = append(reply.Canaries, c)
		}
	}
	return reply, nil
}

// A canary that was blocked once it was begun is charged to the budget, so it is shown; one that the plan blocked is not.
func TestAttentionHasWhatWasBlockedInItsStory(t *testing.T) {
	api := list{canaries: []*rekeyv1.Canary{
		{Name: "planned", State: rekeyv1.CanaryState_CANARY_STATE_BLOCKED, UpdateTime: clienttest.At(1)},
		{Name: "failed", State: rekeyv1.CanaryState_CANARY_STATE_FAILED, StartTime: clienttest.At(1), UpdateTime: clienttest.At(2)},
		{Name: "begun", State: rekeyv1.CanaryState_CANARY_STATE_BLOCKED, StartTime: clienttest.At(1), UpdateTime: clienttest.At(3)},
	}}
	failed, _, err := attention(t.Context(), client.Watch{API: api, ID: clienttest.Running})
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, c := range failed {
		names = append(names, c.GetName())
	}
	if diff := cmp.Diff([]string{"begun", "failed"}, names); diff != "" {
		t.Errorf("shown, the last changed first (-want +got):\n%s", diff)
	}
}
