package report

import (
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	rekeyv1 "rekey/gen/rekey/v1"
	"rekey/internal/tables"
)

func TestWords(t *testing.T) {
	day := 24 * time.Hour
	for want, got := range map[string]string{
		"0 s": span(0), "59 s": span(59 * time.Second), "1 min": span(time.Minute), "2 h 5 min": span(125*time.Minute + 3*time.Second),
		"3 d 1 h": span(3*day + time.Hour + time.Minute), "10 min": expected(&rekeyv1.TimeRange{Least: tenMinutes, Most: tenMinutes}),
		"999": number(999), "1,000": number(1000), "12,345,678": number(12345678), "1 canary": counted(1, "canary"),
		"2,000 canaries": counted(2000, "canary"), "2 keys": counted(2, "key"), "": tables.Word(rekeyv1.CanaryStep(0)),
		"go on": tables.Word(rekeyv1.WaveVerdict_WAVE_VERDICT_GO_ON), "99": tables.Word(rekeyv1.WaveVerdict(99)), "–": plain(""),
		"2026-03-04 09:00:00": at(timestamppb.New(sampleBegin.In(time.FixedZone("far", 3600)))),
	} {
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

var tenMinutes = durationpb.New(10 * time.Minute)
