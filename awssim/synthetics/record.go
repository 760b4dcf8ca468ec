package synthetics

import (
	"strconv"
	"time"

	"rekey/awssim/identity"
	"rekey/awssim/journal"
)

// Keys of the Detail of the journal's entries. Instants are RFC 3339 with milliseconds, durations whole
// seconds.
const (
	// DetailRun, DetailState, DetailCode and DetailBrowser describe a run as GetCanaryRuns shows it; DetailDry
	// is a dry run's DryRunId.
	DetailRun     = "run"
	DetailState   = "state"
	DetailCode    = "code"
	DetailBrowser = "browser"
	DetailDry     = "dry"
	// DetailWrote is the key, or AES256, under which the artifacts lie; absent when nothing was written.
	DetailWrote = "wrote"
	// DetailScheduled and DetailStarted are instants. The entry's time is the run's end.
	DetailScheduled = "scheduled"
	DetailStarted   = "started"
	// DetailNext is the time from this firing to the next one, 0 when none is planned; DetailLimit is how long
	// a run may take.
	DetailNext  = "next"
	DetailLimit = "limit"
	// DetailRefused says what the role was refused, also where the site's failure hides it: "artifacts",
	// "baseline" or "environment".
	DetailRefused = "refused"
	// DetailUnusable is the ARN of the key whose state refused it; absent where a permission was missing.
	DetailUnusable = "unusable"
	// DetailWhy says why the script failed: "site", "variance" or "timeout".
	DetailWhy = "why"
	// DetailBefore and DetailAfter are encryptions: "default", "SSE_S3" or a key's ARN.
	DetailBefore = "before"
	DetailAfter  = "after"
	// DetailReason is why an update was rolled back.
	DetailReason = "reason"
	// DetailLocation and DetailBaseline are a changed ArtifactS3Location and BaseCanaryRunId.
	DetailLocation = "location"
	DetailBaseline = "baseline"
)

// The actions of the journal's entries that are no API operations.
const (
	// ActionRun is a run that has ended.
	ActionRun = "synthetics:Run"
	// ActionRollBack is an update that AWS took back after answering 200.
	ActionRollBack = "synthetics:RollBackUpdate"
	// ActionDelete is a canary that its owner has deleted, with DeleteCanary's name.
	ActionDelete = "synthetics:DeleteCanary"
	// ActionEnd is a canary that has stopped by itself: it runs once, or its duration is over.
	ActionEnd = "synthetics:End"
)

const instant = "2006-01-02T15:04:05.000Z07:00"

func (s *Service) recordRun(c *canary, r *run, wrote string) {
	d := map[string]string{
		DetailRun: r.id, DetailState: r.state, DetailBrowser: r.browser,
		DetailScheduled: r.scheduled.UTC().Format(instant), DetailStarted: r.started.UTC().Format(instant),
		DetailLimit: seconds(r.config.limit()),
	}
	if r.reasonCode != "" {
		d[DetailCode] = r.reasonCode
	}
	if r.refused != "" {
		d[DetailRefused] = r.refused
	}
	if r.unusable != "" {
		d[DetailUnusable] = r.unusable
	}
	if r.why != "" {
		d[DetailWhy] = r.why
	}
	if wrote != "" {
		d[DetailWrote] = wrote
	}
	if r.dry != nil {
		d[DetailDry] = r.dry.id
	} else if next := r.config.schedule.Next(r.scheduled); !next.IsZero() {
		d[DetailNext] = seconds(next.Sub(r.scheduled))
	}
	s.journal.Add(journal.Entry{
		Time: r.completed, Kind: journal.Run, Account: c.account, Region: c.region,
		Principal: r.config.role, Action: ActionRun, Resource: c.arn, Detail: d,
	})
}

func seconds(d time.Duration) string { return strconv.FormatInt(int64(d/time.Second), 10) }

// record notes a mutation of a canary.
func (s *Service) record(c *canary, p identity.Principal, action string, at time.Time, detail map[string]string) {
	s.journal.Add(journal.Entry{
		Time: at, Kind: journal.Mutation, Account: c.account, Region: c.region,
		Principal: p.CallerARN(), Action: action, Resource: c.arn, Detail: detail,
	})
}

// itself is the principal of what the service does on its own.
var itself = identity.Principal{ARN: "synthetics.amazonaws.com"}
