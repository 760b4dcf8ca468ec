package verdict

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rekey/awssim/authz"
	"rekey/awssim/identity"
	"rekey/awssim/journal"
	"rekey/awssim/s3"
	"rekey/awssim/synthetics"
)

const (
	arn  = "arn:aws:synthetics:eu-west-1:111111111111:canary:checkout"
	role = "arn:aws:iam::111111111111:role/canary"
)

var start = time.Date(2026, 11, 2, 8, 0, 0, 0, time.UTC)

// initially allows or refuses everything.
type initially struct{ put, get, environment error }

func (i initially) CheckPut(p identity.Principal, in s3.PutInput) error {
	if p.ARN != role || in.Bucket != "artifacts" || !strings.HasPrefix(in.Key, "checkout/") || in.Encryption.KeyARN != "k" {
		return errors.New("asked with other than the initial settings")
	}
	return i.put
}

func (i initially) CheckGet(identity.Principal, string, string, s3.Encryption) error { return i.get }

func (i initially) Authorize(r authz.Request) error {
	if r.Action != "kms:Decrypt" || r.Resource != "e" {
		return errors.New("asked for something else")
	}
	return i.environment
}

// run is a run of a canary with an interval of five minutes and a timeout of one, at a minute after start.
func run(minute int, detail ...string) journal.Entry {
	started := start.Add(time.Duration(minute) * time.Minute)
	e := journal.Entry{
		Time: started.Add(5 * time.Second), Kind: journal.Run, Action: synthetics.ActionRun, Resource: arn, Principal: role,
		Detail: map[string]string{
			synthetics.DetailRun: "r", synthetics.DetailState: "PASSED", synthetics.DetailWrote: "k",
			synthetics.DetailStarted: started.Format(time.RFC3339), synthetics.DetailNext: "300", synthetics.DetailLimit: "60",
		},
	}
	for i := 0; i < len(detail); i += 2 {
		e.Detail[detail[i]] = detail[i+1]
	}
	return e
}

func done(minute int, action string) journal.Entry {
	return journal.Entry{Time: start.Add(time.Duration(minute) * time.Minute), Kind: journal.Mutation, Action: action, Resource: arn}
}

func TestGaps(t *testing.T) {
	cases := map[string]struct {
		entries []journal.Entry
		until   int
		lost    []int // per gap
	}{
		"every five minutes":           {[]journal.Entry{run(0), run(5), run(10)}, 14, nil},
		"late by less than a timeout":  {[]journal.Entry{run(0), run(6)}, 10, nil},
		"an edit brings a run forward": {[]journal.Entry{run(0), run(2), run(7)}, 12, nil},
		"one run is missing":           {[]journal.Entry{run(0), run(10)}, 14, []int{1}},
		"two runs are missing":         {[]journal.Entry{run(0), run(15)}, 14, []int{2}},
		"nothing comes any more":       {[]journal.Entry{run(0)}, 60, []int{11}},
		"retries aren't runs missing":  {[]journal.Entry{run(0), run(1), run(5)}, 9, nil},
		"an entry out of order":        {[]journal.Entry{run(5), run(0), run(10)}, 14, nil},
		"stopped in between":           {[]journal.Entry{run(0), done(1, "synthetics:StopCanary"), done(30, "synthetics:StartCanary"), run(31)}, 35, nil},
		"stopped too late":             {[]journal.Entry{run(0), done(20, "synthetics:StopCanary")}, 60, []int{3}},
		"deleted":                      {[]journal.Entry{run(0), done(1, synthetics.ActionDelete)}, 60, nil},
		"deleted when stopped":         {[]journal.Entry{run(0), done(1, "synthetics:StopCanary"), done(40, synthetics.ActionDelete)}, 60, nil},
		"ended by itself":              {[]journal.Entry{run(0), done(1, synthetics.ActionEnd)}, 60, nil},
		"a run that promises no next":  {[]journal.Entry{run(0, synthetics.DetailNext, "")}, 60, nil},
		"a dry run is no run":          {[]journal.Entry{run(0), run(5, synthetics.DetailDry, "d"), run(10)}, 14, []int{1}},
		"never ran":                    {nil, 60, []int{11}},
		"begins with the schedule":     {[]journal.Entry{run(-2), run(3)}, 7, nil},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			v := Compute(Input{
				Entries: c.entries, Initial: initially{},
				Canaries: []Canary{{ARN: arn, Role: role, Running: true, Every: 5 * time.Minute, Limit: time.Minute}},
				Start:    start, Until: start.Add(time.Duration(c.until) * time.Minute),
			})
			var lost []int
			total := 0
			for _, g := range v.Outcomes[0].Gaps {
				lost, total = append(lost, g.Lost), total+g.Lost
			}
			if diff := cmp.Diff(c.lost, lost); diff != "" || v.Lost != total {
				t.Errorf("lost %d: %s", v.Lost, diff)
			}
		})
	}
}

func TestBlame(t *testing.T) {
	refused := errors.New("refused")
	failed := func(more ...string) journal.Entry {
		return run(0, append([]string{synthetics.DetailState, "FAILED"}, more...)...)
	}
	upload := failed(synthetics.DetailCode, "EXECUTION_FAILURE", synthetics.DetailRefused, "artifacts")
	cases := map[string]struct {
		entry  journal.Entry
		before initially
		visual bool
		caused int
	}{
		"allowed before, refused now":                {upload, initially{}, false, 1},
		"refused before, too":                        {upload, initially{put: refused}, false, 0},
		"reading wasn't needed":                      {upload, initially{get: refused}, false, 1},
		"reading a baseline was refused before, too": {upload, initially{get: refused}, true, 0},
		"the environment was refused before, too":    {failed(synthetics.DetailCode, "CANARY_FAILURE", synthetics.DetailRefused, "environment"), initially{environment: refused}, false, 0},
		"the environment is refused now":             {failed(synthetics.DetailCode, "CANARY_FAILURE", synthetics.DetailRefused, "environment"), initially{}, false, 1},
		"the site is down":                           {failed(synthetics.DetailCode, "CANARY_FAILURE", synthetics.DetailWhy, "site"), initially{}, false, 0},
		"the site is down and hides a refusal": {failed(synthetics.DetailCode, "CANARY_FAILURE",
			synthetics.DetailWhy, "site", synthetics.DetailRefused, "artifacts"), initially{}, false, 1},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			v := Compute(Input{
				Entries: []journal.Entry{c.entry}, Initial: c.before, Start: start, Until: start.Add(time.Minute),
				Canaries: []Canary{{
					ARN: arn, Role: role, Running: true, Bucket: "artifacts", Prefix: "checkout", Visual: c.visual,
					EnvironmentKey: "e",
					Encryption:     s3.Encryption{Algorithm: "aws:kms", KeyARN: "k"},
				}},
			})
			if v.Failed != 1 || v.Caused != c.caused {
				t.Errorf("failed %d, caused %d, want %d", v.Failed, v.Caused, c.caused)
			}
		})
	}
}

// TestOthersAreBlamed tells what an account's owners do from what a migration does: a run fails under the key k.
func TestOthersAreBlamed(t *testing.T) {
	on := func(minute int, action, resource string) journal.Entry {
		e := done(minute, action)
		e.Resource = resource
		return e
	}
	moved := func(minute int) journal.Entry {
		e := done(minute, "synthetics:UpdateCanary")
		e.Detail = map[string]string{synthetics.DetailBefore: "j", synthetics.DetailAfter: "k"}
		return e
	}
	failed := func(minute int, more ...string) journal.Entry {
		return run(minute, append([]string{
			synthetics.DetailState, "FAILED", synthetics.DetailCode, "EXECUTION_FAILURE", synthetics.DetailRefused, "artifacts",
		}, more...)...)
	}
	byState := []string{synthetics.DetailUnusable, "k"}
	cases := map[string]struct {
		entries []journal.Entry
		caused  int
		others  string
	}{
		"the key was disabled":                    {[]journal.Entry{on(1, "kms:DisableKey", "k"), failed(5, byState...)}, 0, "kms:DisableKey"},
		"it is to be deleted":                     {[]journal.Entry{on(1, "kms:ScheduleKeyDeletion", "k"), failed(5, byState...)}, 0, "kms:DisableKey"},
		"disabled after the move to it":           {[]journal.Entry{moved(1), on(2, "kms:DisableKey", "k"), failed(5, byState...)}, 0, "kms:DisableKey"},
		"moved to a key that was disabled":        {[]journal.Entry{on(1, "kms:DisableKey", "k"), moved(2), failed(5, byState...)}, 1, ""},
		"it was never usable":                     {[]journal.Entry{moved(2), failed(5, byState...)}, 1, ""},
		"another key was disabled":                {[]journal.Entry{on(1, "kms:DisableKey", "j"), failed(5, byState...)}, 1, ""},
		"disabled, and a permission was missing":  {[]journal.Entry{on(1, "kms:DisableKey", "k"), failed(5)}, 1, ""},
		"disabled after the run":                  {[]journal.Entry{failed(5, byState...), on(6, "kms:DisableKey", "k")}, 1, ""},
		"enabled, and disabled again":             {[]journal.Entry{on(1, "kms:DisableKey", "k"), moved(2), on(4, "kms:DisableKey", "k"), failed(5, byState...)}, 0, "kms:DisableKey"},
		"the role was deleted":                    {[]journal.Entry{on(1, "iam:DeleteRole", role), failed(5)}, 0, "iam:DeleteRole"},
		"another role was deleted":                {[]journal.Entry{on(1, "iam:DeleteRole", role+"-2"), failed(5)}, 1, ""},
		"the role was deleted when the run ended": {[]journal.Entry{failed(5), on(6, "iam:DeleteRole", role)}, 1, ""},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			v := Compute(Input{
				Entries: c.entries, Initial: initially{}, Start: start, Until: start.Add(9 * time.Minute),
				Canaries: []Canary{{
					ARN: arn, Role: role, Running: true, Bucket: "artifacts", Prefix: "checkout",
					Encryption: s3.Encryption{Algorithm: "aws:kms", KeyARN: "k"},
				}},
			})
			if others := v.Outcomes[0].Failures[0].Others; v.Caused != c.caused || others != c.others {
				t.Errorf("caused %d by others' %q, want %d and %q", v.Caused, others, c.caused, c.others)
			}
		})
	}
}

func TestTroubledLeavesOutTheOthers(t *testing.T) {
	other := strings.Replace(arn, "checkout", "search", 1)
	v := Compute(Input{
		Entries:  []journal.Entry{run(0), done(1, "synthetics:UpdateCanary"), done(2, synthetics.ActionRollBack), run(20)},
		Canaries: []Canary{{ARN: other}, {ARN: arn, Running: true}}, Initial: initially{}, Start: start, Until: start.Add(21 * time.Minute),
	})
	if len(v.Outcomes) != 2 || v.Outcomes[0].ARN != arn || v.Outcomes[0].Edits != 1 || v.Outcomes[0].RolledBack != 1 {
		t.Errorf("outcomes %+v", v.Outcomes)
	}
	if got := v.Troubled(); len(got.Outcomes) != 1 || got.Outcomes[0].ARN != arn || got.Lost != v.Lost {
		t.Errorf("troubled %+v", got)
	}
}
