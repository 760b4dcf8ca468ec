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

// list is an API that lists canaries by their states or by what is told of their access, and does nothing else.
type list struct {
	rekeyv1.MigrationServiceClient
	canaries []*rekeyv1.Canary
}

func (l list) ListCanaries(_ context.Context, r *rekeyv1.ListCanariesRequest, _ ...grpc.CallOption) (*rekeyv1.ListCanariesResponse, error) {
	reply := &rekeyv1.ListCanariesResponse{}
	for _, c := range l.canaries {
		if slices.Contains(r.GetStates(), c.GetState()) || slices.Contains(r.GetReasons(), c.GetOldAccess().GetHeldBecause().GetReason()) {
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
	a, err := attention(t.Context(), client.Watch{API: api, ID: clienttest.Running}, clienttest.Migration(clienttest.Running))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"begun", "failed"}, names(a.Failed)); diff != "" {
		t.Errorf("shown, the last changed first (-want +got):\n%s", diff)
	}
}

// A canary whose runs miss access that could not be given again is migrated and holds nothing, and is shown before all others. It is
// asked for only where there is one, since every cell is asked.
func TestAttentionHasWhatIsToBeSeenToByHand(t *testing.T) {
	api := list{canaries: []*rekeyv1.Canary{{
		Name: "cut-off", State: rekeyv1.CanaryState_CANARY_STATE_MIGRATED, OldAccess: &rekeyv1.OldAccess{
			State:       rekeyv1.OldAccessState_OLD_ACCESS_STATE_REVOKED,
			HeldBecause: &rekeyv1.Problem{Reason: rekeyv1.ErrorReason_ERROR_REASON_ACCESS_NOT_RESTORED},
		},
	}}}
	m := clienttest.Migration(clienttest.Running)
	for byHand, want := range map[int32][]string{0: nil, 1: {"cut-off"}} {
		m.Progress.ByHand = byHand
		a, err := attention(t.Context(), client.Watch{API: api, ID: clienttest.Running}, m)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, names(a.ByHand)); diff != "" {
			t.Errorf("shown where %d are counted (-want +got):\n%s", byHand, diff)
		}
	}
}

func names(canaries []*rekeyv1.Canary) []string {
	var list []string
	for _, c := range canaries {
		list = append(list, c.GetName())
	}
	return list
}
