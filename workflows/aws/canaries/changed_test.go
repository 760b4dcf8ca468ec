package canaries

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/synthetics/types"
	"github.com/google/go-cmp/cmp"

	"rekey/workflows"
)

func recorded() workflows.Settings {
	return workflows.Settings{
		ID: "id-1", Name: "shop", State: "RUNNING", Runtime: "syn-nodejs-puppeteer-9.1", RoleARN: "role",
		From: workflows.Encryption{Mode: workflows.AWSManaged}, Location: "bucket/shop", BucketRegion: "eu-west-1",
		Visual: []workflows.VisualReference{{
			BaseRunID: "run-1", Browser: "CHROME",
			Screenshots: []workflows.Screenshot{{Name: "home", Ignore: []string{"1,2,3,4", "5,6,7,8"}}, {Name: "cart"}},
		}},
		Browsers: []string{"CHROME"}, EnvironmentKeyARN: key, Replicas: []string{"eu-west-2", "eu-west-3"},
		Schedule: "rate(5 minutes)",
	}
}

func TestChanged(t *testing.T) {
	for name, test := range map[string]struct {
		change func(*workflows.Settings)
		want   []string
	}{
		"nothing":           {func(*workflows.Settings) {}, nil},
		"id":                {func(s *workflows.Settings) { s.ID = "id-2" }, []string{"id"}},
		"encryption":        {func(s *workflows.Settings) { s.From.Mode = workflows.SSES3 }, []string{"encryption"}},
		"location":          {func(s *workflows.Settings) { s.Location = "bucket/other" }, []string{"location"}},
		"role":              {func(s *workflows.Settings) { s.RoleARN = "other" }, []string{"role"}},
		"runtime":           {func(s *workflows.Settings) { s.Runtime = "syn-nodejs-puppeteer-10.0" }, []string{"runtime"}},
		"baseline's run":    {func(s *workflows.Settings) { s.Visual[0].BaseRunID = "run-2" }, []string{"visual references"}},
		"ignore area gone":  {func(s *workflows.Settings) { s.Visual[0].Screenshots[0].Ignore = nil }, []string{"visual references"}},
		"screenshot gone":   {func(s *workflows.Settings) { s.Visual[0].Screenshots = s.Visual[0].Screenshots[:1] }, []string{"visual references"}},
		"no visual":         {func(s *workflows.Settings) { s.Visual = nil }, []string{"visual references"}},
		"browser":           {func(s *workflows.Settings) { s.Browsers = append(s.Browsers, "FIREFOX") }, []string{"browsers"}},
		"environment key":   {func(s *workflows.Settings) { s.EnvironmentKeyARN = "" }, []string{"environment key"}},
		"replica":           {func(s *workflows.Settings) { s.Replicas = s.Replicas[:1] }, []string{"replicas"}},
		"became a replica":  {func(s *workflows.Settings) { s.PrimaryRegion = "eu-west-2" }, []string{"replicas"}},
		"several":           {func(s *workflows.Settings) { s.ID, s.RoleARN = "", "" }, []string{"id", "role"}},
		"state, schedule":   {func(s *workflows.Settings) { s.State, s.Schedule = "STOPPED", "cron(0 0 1 * ? *)" }, nil},
		"slash at the end":  {func(s *workflows.Settings) { s.Location = "s3://bucket/shop/" }, nil},
		"order of replicas": {func(s *workflows.Settings) { s.Replicas = []string{"eu-west-3", "eu-west-2"} }, nil},
		"default browser named differently": {
			func(s *workflows.Settings) { s.Browsers, s.Visual[0].Browser = nil, "" }, nil,
		},
		"order of screenshots and areas": {func(s *workflows.Settings) {
			s.Visual[0].Screenshots = []workflows.Screenshot{{Name: "cart"}, {Name: "home", Ignore: []string{"5,6,7,8", "1,2,3,4"}}}
		}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			now := recorded()
			test.change(&now)
			if diff := cmp.Diff(test.want, Changed(recorded(), now)); diff != "" {
				t.Errorf("changed settings (-want +got):\n%s", diff)
			}
		})
	}
}

func TestPendingBaselineBecomesARun(t *testing.T) {
	was := recorded()
	was.Visual = []workflows.VisualReference{{BaseRunID: "nextrun"}}
	if changed := Changed(was, recorded()); changed != nil {
		t.Errorf("a baseline that was awaited and came counts as changed: %v", changed)
	}
	was.Visual[0].Screenshots = []workflows.Screenshot{{Name: "home"}}
	if Changed(was, recorded()) == nil {
		t.Error("an ignore area that appeared goes unnoticed")
	}
}

func TestBaselineWithoutScreenshotsTakesThoseOfItsRun(t *testing.T) {
	was := recorded()
	was.Visual = []workflows.VisualReference{{BaseRunID: was.Visual[0].BaseRunID, Browser: was.Visual[0].Browser}}
	if changed := Changed(was, recorded()); changed != nil {
		t.Errorf("screenshots that the run brought count as changed: %v", changed)
	}
}

func TestStandingOf(t *testing.T) {
	for state, want := range map[types.CanaryState]Standing{
		"RUNNING": Settled, "READY": Settled, "STOPPED": Settled,
		"UPDATING": Busy, "STARTING": Busy, "STOPPING": Busy, "CREATING": Busy,
		"ERROR": Failed, "DELETING": Closed, "": Closed, "NEW_STATE": Closed,
	} {
		c := types.Canary{Status: &types.CanaryStatus{State: state}}
		if got := StandingOf(c); got != want {
			t.Errorf("%s: got %v, want %v", state, got, want)
		}
		c.MultiLocationConfig = &types.MultiLocationConfig{ReplicationState: types.ReplicationStateInProgress}
		if got := StandingOf(c); got != Busy {
			t.Errorf("%s while replicating: got %v, want %v", state, got, Busy)
		}
	}
}
