package tables

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/reflect/protoreflect"

	rekeyv1 "rekey/gen/rekey/v1"
	"rekey/internal/client/clienttest"
)

func TestDuration(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "0s", 400 * time.Millisecond: "0s", 42 * time.Second: "42s", 90 * time.Second: "1m 30s", time.Hour: "1h", 125 * time.Minute: "2h 5m",
		26*time.Hour + 5*time.Minute: "1d 2h", 24*time.Hour + 3*time.Minute: "1d", 59*time.Minute + 59600*time.Millisecond: "1h",
	} {
		if got := Duration(d); got != want {
			t.Errorf("%v is %q, want %q", d, got, want)
		}
	}
}

// Words of every enum are told by the enum itself, so that a new one needs no table; a value of a newer server is its number.
func TestWord(t *testing.T) {
	for value, want := range map[protoreflect.Enum]string{
		rekeyv1.MigrationState_MIGRATION_STATE_ROLLED_BACK:  "rolled back",
		rekeyv1.WaveVerdict_WAVE_VERDICT_GO_ON:              "go on",
		rekeyv1.ErrorReason_ERROR_REASON_ROLLED_BACK_BY_AWS: "rolled back by aws",
		rekeyv1.CanaryState_CANARY_STATE_UNSPECIFIED:        "",
		rekeyv1.CanaryState(99):                             "99",
	} {
		if got := Word(value); got != want {
			t.Errorf("%v is %q, want %q", value, got, want)
		}
	}
}

// What is proposed next depends on where a migration is, and on what paused it.
func TestNext(t *testing.T) {
	wave := clienttest.Migration(clienttest.Paused)
	wave.Pauses[0].Cause = rekeyv1.PauseCause_PAUSE_CAUSE_INCONCLUSIVE
	wave.Waves[1].State = rekeyv1.WaveState_WAVE_STATE_JUDGED
	operator := clienttest.Migration(clienttest.Paused)
	operator.Pauses[0].Cause = rekeyv1.PauseCause_PAUSE_CAUSE_OPERATOR
	closed := &rekeyv1.Migration{Id: "m-1", State: rekeyv1.MigrationState_MIGRATION_STATE_CLOSED}
	cases := map[string]struct {
		reason string
		m      *rekeyv1.Migration
		want   []string
	}{
		"Waiting": {
			reason: "the plan is read, then approved by its digest", m: clienttest.Migration(clienttest.Approval),
			want: []string{"rekey canaries " + clienttest.Approval, "rekey approve " + clienttest.Approval + " --digest " + clienttest.Digest},
		},
		"Budget": {
			reason: "a budget is raised before anything is resumed", m: clienttest.Migration(clienttest.Paused),
			want: []string{
				"rekey canaries " + clienttest.Paused + " --state failed --state unverified --state returned --state blocked",
				"rekey rollout " + clienttest.Paused + " --budget N", "rekey resume " + clienttest.Paused,
			},
		},
		"Inconclusive": {reason: "a judged wave is advanced, by its number", m: wave, want: []string{"rekey advance " + clienttest.Paused + " --wave 1"}},
		"Operator":     {reason: "what somebody paused is resumed", m: operator, want: []string{"rekey resume " + clienttest.Paused}},
		"Closed":       {reason: "a closed one goes nowhere", m: closed},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			var got []string
			for _, n := range Next(tc.m) {
				got = append(got, n[0])
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.reason, diff)
			}
		})
	}
}
