package report

import (
	"fmt"
	"slices"
	"strings"

	"google.golang.org/protobuf/types/known/timestamppb"

	rekeyv1 "rekey/gen/rekey/v1"
	"rekey/internal/tables"
)

// event is a line of the log: a verb that somebody called, or what rekey did by itself with a wave.
type event struct {
	When                           *timestamppb.Timestamp
	Who, What, From, About, Detail string
}

// rekey is who did what nobody called.
const rekey = "rekey"

// events are the control verbs, and the begins and judgements of the waves, in the order of time.
func events(m *rekeyv1.Migration) []event {
	var list []event
	for _, r := range m.GetControls() {
		list = append(list, event{
			r.GetTime(), caller(r.GetCaller()), tables.Word(r.GetVerb()), state(r.GetFromState()), part(r.GetPart()), r.GetDetail(),
		})
	}
	for _, w := range m.GetWaves() {
		about := fmt.Sprintf("wave %d", w.GetNumber())
		if w.GetStartTime() != nil {
			detail := w.GetTitle() + ", " + counted(int(w.GetCanaries()), "canary")
			list = append(list, event{w.GetStartTime(), rekey, "began", "", about, detail})
		}
		if w.GetEndTime() != nil {
			detail := tables.Word(w.GetJudgement().GetVerdict()) + ": " + w.GetJudgement().GetReason()
			list = append(list, event{w.GetEndTime(), rekey, "judged", "", about, strings.Trim(detail, ": ")})
		}
	}
	slices.SortStableFunc(list, func(a, b event) int { return a.When.AsTime().Compare(b.When.AsTime()) })
	return list
}

// state is the name of a state as a person writes it.
func state(name string) string { return strings.ToLower(strings.ReplaceAll(name, "_", " ")) }
