package nextstep

import (
	"testing"

	"rekey/workflows"
)

func TestOf(t *testing.T) {
	key := workflows.Encryption{Mode: workflows.SSEKMS, KeyARN: "arn:aws:kms:eu-west-1:111111111111:key/1"}
	runs := func(edit func(*workflows.Settings)) workflows.Settings {
		s := workflows.Settings{
			State: "RUNNING", Runtime: "syn-nodejs-puppeteer-10.0", Schedule: "rate(5 minutes)",
			From: workflows.Encryption{Mode: workflows.AWSManaged},
		}
		edit(&s)
		return s
	}
	tests := map[string]struct {
		edit func(*workflows.Settings)
		want workflows.NextStep
	}{
		"nothing is in the way":             {func(*workflows.Settings) {}, workflows.StepMigrate},
		"SSE-S3 is migrated too":            {func(s *workflows.Settings) { s.From.Mode = workflows.SSES3 }, workflows.StepMigrate},
		"an update is going on":             {func(s *workflows.Settings) { s.State = "UPDATING" }, workflows.StepMigrate},
		"a runtime without dry runs":        {func(s *workflows.Settings) { s.Runtime = "syn-nodejs-puppeteer-9.1" }, workflows.StepMigrateWithoutDryRun},
		"a baseline waits for the next run": {func(s *workflows.Settings) { s.Visual = []workflows.VisualReference{{BaseRunID: "nextrun"}} }, workflows.StepMigrateWithoutDryRun},
		"it has a key":                      {func(s *workflows.Settings) { s.From = key }, workflows.StepNone},
		"it has a key and is stopped":       {func(s *workflows.Settings) { s.From, s.State = key, "STOPPED" }, workflows.StepNone},
		"it is a replica, with a key":       {func(s *workflows.Settings) { s.From, s.PrimaryRegion = key, "us-east-1" }, workflows.StepSeePrimary},
		"it is a replica":                   {func(s *workflows.Settings) { s.PrimaryRegion = "us-east-1" }, workflows.StepSeePrimary},
		"it is stopped":                     {func(s *workflows.Settings) { s.State = "STOPPED" }, workflows.StepDecideAtRest},
		"it was never started":              {func(s *workflows.Settings) { s.State = "READY" }, workflows.StepDecideAtRest},
		"it runs once":                      {func(s *workflows.Settings) { s.Schedule = "rate(0 minute)" }, workflows.StepDecideAtRest},
		"it is in ERROR":                    {func(s *workflows.Settings) { s.State = "ERROR" }, workflows.StepMend},
		"its runtime is deprecated":         {func(s *workflows.Settings) { s.Runtime = "syn-nodejs-puppeteer-6.2" }, workflows.StepMend},
		"its runtime takes no encryption":   {func(s *workflows.Settings) { s.Runtime = "syn-python-selenium-5.1" }, workflows.StepMend},
		"deprecated and stopped: mend":      {func(s *workflows.Settings) { s.Runtime, s.State = "syn-nodejs-puppeteer-6.2", "STOPPED" }, workflows.StepMend},
	}
	for reason, test := range tests {
		if got := Of(runs(test.edit), []string{"syn-nodejs-puppeteer-6.2"}); got != test.want {
			t.Errorf("%s: %s, want %s", reason, got, test.want)
		}
	}
}
