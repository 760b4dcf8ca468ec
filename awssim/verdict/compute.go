package verdict

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"rekey/awssim/authz"
	"rekey/awssim/identity"
	"rekey/awssim/journal"
	"rekey/awssim/s3"
	"rekey/awssim/synthetics"
)

// Input is what a verdict is drawn from.
type Input struct {
	// Entries are the journal's, in its order.
	Entries []journal.Entry
	// Canaries are all that there were at the beginning.
	Canaries []Canary
	// Initial are the policies at that time.
	Initial Policies
	// Start is when the world began, Until the simulated time up to which the journal is complete.
	Start, Until time.Time
}

// Compute judges. It is a pure function of its input; Policies is asked at most once per canary.
func Compute(in Input) Verdict {
	stories := map[string]*story{}
	v := Verdict{Until: in.Until, Canaries: len(in.Canaries)}
	for _, c := range in.Canaries {
		s := &story{Outcome: Outcome{Canary: c}, from: in.Start, due: c.Running}
		stories[c.ARN] = s
	}
	var others others
	for _, e := range in.Entries {
		others.add(e)
		if s := stories[e.Resource]; s != nil {
			s.add(e)
		}
	}
	for _, s := range stories {
		s.finish(in.Until)
		s.judge(in.Initial, &others)
		v.Runs += s.Runs
		v.Failed += len(s.Failures)
		for _, g := range s.Gaps {
			v.Lost += g.Lost
		}
		for _, f := range s.Failures {
			if f.Caused {
				v.Caused++
			}
			if f.Why == "variance" {
				v.Variance++
			}
		}
		v.Outcomes = append(v.Outcomes, s.Outcome)
	}
	slices.SortFunc(v.Outcomes, func(a, b Outcome) int { return strings.Compare(a.ARN, b.ARN) })
	return v
}

// Troubled is the verdict with those outcomes only that have gaps or failures.
func (v Verdict) Troubled() Verdict {
	var some []Outcome
	for _, o := range v.Outcomes {
		if len(o.Gaps)+len(o.Failures) > 0 {
			some = append(some, o)
		}
	}
	v.Outcomes = some
	return v
}

// story is one canary's, while the journal is read.
type story struct {
	Outcome
	// starts are the starts of runs since the schedule went on, with what the schedule promised then.
	starts []firing
	moves  []move
	from   time.Time // since when the schedule is on
	due    bool      // the schedule is on
}

// move is an edit of the canary's encryption.
type move struct {
	at time.Time
	to string
}

type firing struct {
	at    time.Time
	next  time.Duration // to the next firing; 0 when none was planned
	limit time.Duration
}

func (s *story) add(e journal.Entry) {
	switch e.Action {
	case synthetics.ActionRun:
		s.addRun(e)
	case "synthetics:UpdateCanary":
		s.Edits++
		if to := e.Detail[synthetics.DetailAfter]; to != e.Detail[synthetics.DetailBefore] {
			s.moves = append(s.moves, move{e.Time, to})
		}
	case synthetics.ActionRollBack:
		s.RolledBack++
	case "synthetics:StartCanary":
		s.from, s.due, s.starts = e.Time, true, nil
	case "synthetics:StopCanary", synthetics.ActionEnd, synthetics.ActionDelete:
		s.finish(e.Time)
		s.due, s.starts = false, nil
	}
}

func (s *story) addRun(e journal.Entry) {
	if e.Detail[synthetics.DetailDry] != "" {
		s.DryRuns++
		return
	}
	started := instant(e.Detail[synthetics.DetailStarted])
	s.Runs++
	if w := e.Detail[synthetics.DetailWrote]; w != "" {
		s.Wrote = w
	}
	if e.Detail[synthetics.DetailState] == "FAILED" {
		s.Failures = append(s.Failures, Failure{
			Run: e.Detail[synthetics.DetailRun], Started: started, Code: e.Detail[synthetics.DetailCode],
			Refused: e.Detail[synthetics.DetailRefused], Unusable: e.Detail[synthetics.DetailUnusable],
			Why: e.Detail[synthetics.DetailWhy], role: e.Principal, ended: e.Time,
		})
	}
	s.starts = append(s.starts, firing{
		at: started, next: duration(e.Detail[synthetics.DetailNext]), limit: duration(e.Detail[synthetics.DetailLimit]),
	})
}

// finish closes a schedule that is still on.
func (s *story) finish(until time.Time) {
	if s.due {
		s.close(until)
	}
}

// close finds the gaps between the starts so far, and after the last of them. Browsers and retries make several
// starts close to each other, which doesn't matter. Runs are journalled when they end, so they are sorted
// first. When a schedule goes on a rate promises a run within its interval; a cron expression promises nothing
// before its first run, which may be a year off.
func (s *story) close(until time.Time) {
	if s.Every > 0 {
		s.starts = slices.Insert(s.starts, 0, firing{at: s.from, next: s.Every, limit: s.Limit})
	}
	slices.SortStableFunc(s.starts, func(a, b firing) int { return a.at.Compare(b.at) })
	for i, f := range s.starts {
		next := until
		if i+1 < len(s.starts) {
			next = s.starts[i+1].at
		}
		allowed := f.next + f.limit
		if f.next > 0 && next.Sub(f.at) > allowed {
			lost := int(next.Sub(f.at)/f.next) - 1
			s.Gaps = append(s.Gaps, Gap{From: f.at, Until: next, Allowed: allowed.Seconds(), Lost: max(lost, 1)})
		}
	}
}

// judge tells the failed runs that the migration caused from those that would have failed anyway: only a
// refusal can be the migration's doing, a target's outage can't, and not one that somebody else brought about.
func (s *story) judge(initial Policies, o *others) {
	var asked, allowed bool
	for i := range s.Failures {
		f := &s.Failures[i]
		if f.Refused == "" {
			continue
		}
		if f.Others = o.brought(f, s.moves); f.Others != "" {
			continue
		}
		if !asked {
			asked, allowed = true, s.allowed(initial)
		}
		f.Caused = allowed
	}
}

// allowed says whether a run with the initial settings would have been allowed at the beginning: decrypting
// the environment, the upload, and for a visual canary reading the baseline.
func (s *story) allowed(initial Policies) bool {
	p := identity.Role(s.Role, "verdict")
	key := "verdict"
	if s.Prefix != "" {
		key = s.Prefix + "/" + key
	}
	if initial.CheckPut(p, s3.PutInput{Bucket: s.Bucket, Key: key, Encryption: s.Encryption}) != nil {
		return false
	}
	if s.EnvironmentKey != "" {
		r := authz.Request{Principal: p, Action: "kms:Decrypt", Resource: s.EnvironmentKey}
		if initial.Authorize(r) != nil {
			return false
		}
	}
	return !s.Visual || initial.CheckGet(p, s.Bucket, key, s.Encryption) == nil
}

func instant(text string) time.Time {
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return time.Time{}
	}
	return t
}

func duration(text string) time.Duration {
	n, err := strconv.Atoi(text)
	if err != nil {
		return 0
	}
	return time.Duration(n) * time.Second
}
