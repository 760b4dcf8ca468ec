package request

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/durationpb"

	rekeyv1 "rekey/gen/rekey/v1"
)

func TestWave(t *testing.T) {
	cases := map[string]struct {
		reason string
		want   *rekeyv1.WaveSpec // nil for an error
	}{
		"coverage,bake=10m": {
			reason: "the first wave of the guide",
			want: &rekeyv1.WaveSpec{
				Take: &rekeyv1.WaveSpec_Coverage{Coverage: true}, BakeTime: durationpb.New(10 * time.Minute),
			},
		},
		"10%, runs=2, budget=5%+20, pause": {
			reason: "everything that a wave is judged by, with spaces",
			want: &rekeyv1.WaveSpec{
				Take: &rekeyv1.WaveSpec_Percent{Percent: 10}, BakeRuns: 2, PauseAfter: true,
				Budget: &rekeyv1.FailureBudget{Percent: proto.Int32(5), Count: proto.Int32(20)},
			},
		},
		"50": {reason: "a count", want: &rekeyv1.WaveSpec{Take: &rekeyv1.WaveSpec_Count{Count: 50}}},
		"accounts=111122223333:444455556666,names=shop-*,ous=ou-ab12-cdefghij": {
			reason: "lists are joined",
			want: &rekeyv1.WaveSpec{Take: &rekeyv1.WaveSpec_List{List: &rekeyv1.WaveList{
				AccountIds: []string{"111122223333", "444455556666"}, NamePatterns: []string{"shop-*"},
				OrganizationalUnitIds: []string{"ou-ab12-cdefghij"},
			}}},
		},
		"":                      {reason: "nothing"},
		"bake=10m":              {reason: "a wave that takes nothing"},
		"10%,20%":               {reason: "a wave takes one thing"},
		"10%,accounts=1":        {reason: "a share and a list are two things"},
		"accounts=1,10%":        {reason: "in either order"},
		"10%,bake=ten":          {reason: "a time that is none"},
		"10%,runs=-1":           {reason: "a number of runs that is none"},
		"10%,budget=5%%":        {reason: "a budget that is none"},
		"10%,bakes=10m":         {reason: "a setting that there is not"},
		"coverage,pause=maybe":  {reason: "neither yes nor no"},
		"99999999999":           {reason: "a number that no field holds"},
		"percent":               {reason: "a word that is none"},
		"coverage,coverage":     {reason: "twice is two things"},
		"10 %":                  {reason: "a space within a share"},
		"accounts=1,coverage":   {reason: "a list and coverage"},
		"coverage,runs=2,runs=": {reason: "an empty value"},
	}
	for text, tc := range cases {
		t.Run(text, func(t *testing.T) {
			got, err := Wave(text)
			if (err != nil) != (tc.want == nil) {
				t.Fatalf("%s: error %v", tc.reason, err)
			}
			if diff := cmp.Diff(tc.want, got, protocmp.Transform()); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.reason, diff)
			}
		})
	}
}

func TestWaveChange(t *testing.T) {
	cases := map[string]struct {
		reason string
		want   *rekeyv1.WaveChange
	}{
		"1,bake=30m,budget=10%": {
			reason: "what is not named stays",
			want: &rekeyv1.WaveChange{
				Wave: 1, BakeTime: durationpb.New(30 * time.Minute), Budget: &rekeyv1.FailureBudget{Percent: proto.Int32(10)},
			},
		},
		"0,runs=0,pause=false": {
			reason: "no runs and no pause are changes, not nothing",
			want:   &rekeyv1.WaveChange{BakeRuns: proto.Int32(0), PauseAfter: new(false)},
		},
		"2,pause": {reason: "pause alone means yes", want: &rekeyv1.WaveChange{Wave: 2, PauseAfter: new(true)}},
		"1":       {reason: "a change that changes nothing"},
		"x,runs=1": {
			reason: "a wave that is none",
		},
		"1,10%": {reason: "waves can't be cut anew"},
	}
	for text, tc := range cases {
		t.Run(text, func(t *testing.T) {
			got, err := WaveChange(text)
			if (err != nil) != (tc.want == nil) {
				t.Fatalf("%s: error %v", tc.reason, err)
			}
			if diff := cmp.Diff(tc.want, got, protocmp.Transform()); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.reason, diff)
			}
		})
	}
}

func TestBudget(t *testing.T) {
	cases := map[string]*rekeyv1.FailureBudget{
		"5":      {Count: proto.Int32(5)},
		"0":      {Count: proto.Int32(0)},
		"5%":     {Percent: proto.Int32(5)},
		"5%+20":  {Percent: proto.Int32(5), Count: proto.Int32(20)},
		"20+5%":  {Percent: proto.Int32(5), Count: proto.Int32(20)},
		"":       nil,
		"%":      nil,
		"five":   nil,
		"5+5":    nil,
		"5%+5%":  nil,
		"-1":     nil,
		"5.5%":   nil,
		"5%+20+": nil,
	}
	for text, want := range cases {
		t.Run(text, func(t *testing.T) {
			got, err := Budget(text)
			if (err != nil) != (want == nil) {
				t.Fatalf("error %v, want %v", err, want)
			}
			if diff := cmp.Diff(want, got, protocmp.Transform()); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestPart(t *testing.T) {
	cases := map[string]struct {
		reason             string
		wave, cell, canary string
		want               *rekeyv1.Part
		fails              bool
	}{
		"Whole": {reason: "nothing is named"},
		"Wave":  {reason: "by number", wave: "2", want: &rekeyv1.Part{Part: &rekeyv1.Part_Wave{Wave: 2}}},
		"Cell": {
			reason: "account and Region", cell: "111122223333/eu-west-1",
			want: &rekeyv1.Part{Part: &rekeyv1.Part_Cell{Cell: &rekeyv1.Cell{AccountId: "111122223333", Region: "eu-west-1"}}},
		},
		"Canary": {
			reason: "account, Region and name", canary: "111122223333/eu-west-1/checkout",
			want: &rekeyv1.Part{Part: &rekeyv1.Part_Canary{Canary: &rekeyv1.CanaryName{
				AccountId: "111122223333", Region: "eu-west-1", CanaryName: "checkout",
			}}},
		},
		"Two":        {reason: "which of them is meant?", wave: "0", cell: "111122223333/eu-west-1", fails: true},
		"NoWave":     {reason: "a wave has a number", wave: "first", fails: true},
		"Negative":   {reason: "from 0 on", wave: "-1", fails: true},
		"NoRegion":   {reason: "an account is no cell", cell: "111122223333", fails: true},
		"NoName":     {reason: "a cell is no canary", canary: "111122223333/eu-west-1", fails: true},
		"EmptyField": {reason: "an empty Region is none", cell: "111122223333/", fails: true},
		"TooLong":    {reason: "a canary is no cell", cell: "111122223333/eu-west-1/checkout", fails: true},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			got, err := Part(tc.wave, tc.cell, tc.canary)
			if (err != nil) != tc.fails {
				t.Fatalf("%s: error %v", tc.reason, err)
			}
			if err != nil {
				return
			}
			if diff := cmp.Diff(tc.want, got, protocmp.Transform()); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.reason, diff)
			}
		})
	}
}

func TestEnum(t *testing.T) {
	got, err := Enum[rekeyv1.MigrationState]("rolled-back", "PAUSED")
	want := []rekeyv1.MigrationState{
		rekeyv1.MigrationState_MIGRATION_STATE_ROLLED_BACK, rekeyv1.MigrationState_MIGRATION_STATE_PAUSED,
	}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("words as people write them: %v (-want +got):\n%s", err, diff)
	}
	for _, word := range []string{"unspecified", "", "lost"} {
		if got, err := Enum[rekeyv1.MigrationState](word); err == nil {
			t.Errorf("%q is %v, want an error", word, got)
		}
	}
}

func TestSpec(t *testing.T) {
	want := &rekeyv1.MigrationSpec{
		Selection: &rekeyv1.Selection{AccountIds: []string{"011122223333"}, Regions: []string{"eu-west-1"}},
		Target:    &rekeyv1.Target{Mode: rekeyv1.EncryptionMode_ENCRYPTION_MODE_SSE_S3},
		Rollout: &rekeyv1.Rollout{Waves: []*rekeyv1.WaveSpec{{
			Take: &rekeyv1.WaveSpec_Coverage{Coverage: true}, BakeTime: durationpb.New(10 * time.Minute),
		}}},
	}
	yaml := `selection: {account_ids: ["011122223333"], regions: [eu-west-1]}
target: {mode: ENCRYPTION_MODE_SSE_S3}
rollout: {waves: [{coverage: true, bake_time: 600s}]}
`
	cases := map[string]struct {
		reason, text string
		want         *rekeyv1.MigrationSpec
	}{
		"YAML": {reason: "the names that the API's documentation has", text: yaml, want: want},
		"JSON": {
			reason: "JSON is YAML, and takes the names that protojson prints",
			text: `{"selection":{"accountIds":["011122223333"],"regions":["eu-west-1"]},"target":{"mode":"ENCRYPTION_MODE_SSE_S3"},
				"rollout":{"waves":[{"coverage":true,"bakeTime":"600s"}]}}`,
			want: want,
		},
		"Unknown":  {reason: "a misspelt field would be a setting that is not there", text: "selections: {}\n"},
		"Unquoted": {reason: "a number is no account id: its leading zero would be lost", text: "selection: {account_ids: [011122223333]}\n"},
		"Broken":   {reason: "not YAML", text: "selection: [\n"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			got, err := Spec([]byte(tc.text))
			if (err != nil) != (tc.want == nil) {
				t.Fatalf("%s: error %v", tc.reason, err)
			}
			if diff := cmp.Diff(tc.want, got, protocmp.Transform()); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.reason, diff)
			}
		})
	}
}

// Whatever is written is read or refused; what is read takes something, and says the same when it is read again.
func FuzzWave(f *testing.F) {
	for _, text := range []string{"coverage,bake=10m", "10%,runs=2,budget=5%+20,pause", "accounts=1:2,names=a-*", ",", "=", "5%,budget=+"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		w, err := Wave(text)
		if (err == nil) == (w.GetTake() == nil) {
			t.Errorf("%q: takes %v, error %v", text, w.GetTake(), err)
		}
		if _, err := WaveChange("1," + text); err == nil && w != nil {
			t.Errorf("%q is a wave and a change of one", text)
		}
	})
}

func FuzzSpec(f *testing.F) {
	f.Add([]byte("selection: {account_ids: [\"011122223333\"]}\n"))
	f.Add([]byte(`{"rollout":{"waves":[{"count":3}]}}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		if spec, err := Spec(text); (spec == nil) == (err == nil) {
			t.Errorf("%q: %v, %v", text, spec, err)
		}
	})
}
