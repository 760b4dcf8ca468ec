// Package synthetics is the simulated CloudWatch Synthetics: canaries with their states and schedules, and
// runs that act as the canary's role on the simulated S3.
package synthetics

import (
	"errors"
	"fmt"
	"sort"
	"sync"
	"time"

	"rekey/awssim/authz"
	"rekey/awssim/iam"
	"rekey/awssim/identity"
	"rekey/awssim/journal"
	"rekey/awssim/kms"
	"rekey/awssim/model"
	"rekey/awssim/s3"
	"rekey/awssim/synthetics/schedule"
)

// Clock is the simulated time: clock.Clock, or clock.Manual in tests.
type Clock interface {
	Now() time.Time
	At(t time.Time, f func())
}

// Storage is what a run does to S3.
type Storage interface {
	PutObject(p identity.Principal, in s3.PutInput) (s3.Object, error)
	GetObject(p identity.Principal, bucket, key string) (s3.Object, error)
	CopyObject(p identity.Principal, srcBucket, srcKey, dstBucket, dstKey string, e s3.Encryption) (s3.Object, error)
	RemovePrefix(bucket, prefix string)
}

// Roles tells whether an execution role exists.
type Roles interface {
	Role(arn string) (iam.Role, bool)
}

// Keys tells whether a KMS key exists, and whether a role may decrypt its environment variables with it.
type Keys interface {
	Key(arn string) (kms.Key, bool)
	Use(u kms.Use) error
}

// Config is what a service needs. All of it but Settings is required.
type Config struct {
	Settings   Settings
	Clock      Clock
	Journal    *journal.Journal
	Authorizer authz.Authorizer
	Storage    Storage
	Roles      Roles
	Keys       Keys
}

// Service is Synthetics for all accounts and Regions of a world. It is safe for concurrent use.
type Service struct {
	settings Settings
	clock    Clock
	journal  *journal.Journal
	authz    authz.Authorizer
	storage  Storage
	roles    Roles
	keys     Keys

	mu    sync.RWMutex
	cells map[cellKey]*cell
}

// cellKey names the canaries that one call can see.
type cellKey struct{ account, region string }

type cell struct {
	byName map[string]*canary
	names  []string // sorted unless dirty
	dirty  bool
}

// New is a service without canaries.
func New(c Config) *Service {
	return &Service{
		settings: c.Settings, clock: c.Clock, journal: c.Journal, authz: c.Authorizer,
		storage: c.Storage, roles: c.Roles, keys: c.Keys,
		cells: map[cellKey]*cell{},
	}
}

// Add adds a canary, makes its last run, if it has one, and starts its schedule when it is RUNNING. It fails
// when the canary exists or couldn't exist in AWS.
func (s *Service) Add(spec Canary) error {
	c, err := newCanary(spec, s.clock.Now())
	if err != nil {
		return fmt.Errorf("canary %s: %w", spec.ARN(), err)
	}
	if err := s.insert(c); err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	next := c.scheduledSince
	if !spec.LastRun.IsZero() {
		at := spec.LastRun.UTC().Truncate(time.Millisecond)
		c.lastStarted, c.scheduledSince = at, at
		for _, r := range s.begin(c, at, 0) {
			s.complete(c, r)
		}
		next = c.config.schedule.Next(at)
	}
	if c.state == running && !next.IsZero() {
		s.tickAt(c, next)
	}
	if c.state == stopped && !spec.LastRun.IsZero() {
		c.lastStopped = spec.LastRun.Add(time.Minute)
	}
	return nil
}

func (s *Service) insert(c *canary) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	key := cellKey{c.account, c.region}
	where := s.cells[key]
	if where == nil {
		where = &cell{byName: map[string]*canary{}}
		s.cells[key] = where
	}
	if where.byName[c.name] != nil {
		return fmt.Errorf("canary %s exists already", c.arn)
	}
	where.byName[c.name] = c
	where.names = append(where.names, c.name)
	where.dirty = true
	return nil
}

// find is the canary of that name, nil when there is none.
func (s *Service) find(account, region, name string) *canary {
	s.mu.RLock()
	defer s.mu.RUnlock()
	where := s.cells[cellKey{account, region}]
	if where == nil {
		return nil
	}
	return where.byName[name]
}

// list is a stretch of a cell's canaries in order of their names, and how many there are in all.
func (s *Service) list(account, region string, from, most int) ([]*canary, int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	where := s.cells[cellKey{account, region}]
	if where == nil {
		return nil, 0
	}
	if where.dirty {
		sort.Strings(where.names)
		where.dirty = false
	}
	total := len(where.names)
	from = min(from, total)
	var out []*canary
	for _, name := range where.names[from:min(from+most, total)] {
		out = append(out, where.byName[name])
	}
	return out, total
}

// newCanary checks a seed and makes the canary of it.
func newCanary(spec Canary, now time.Time) (*canary, error) {
	if v := model.Check("synthetics", "StartCanary", map[string]any{"Name": spec.Name}); v != nil {
		return nil, errors.New(v.String())
	}
	config, err := seedConfiguration(spec)
	if err != nil {
		return nil, err
	}
	c := &canary{
		account: spec.Account, region: spec.Region, name: spec.Name, id: spec.ID, arn: spec.ARN(),
		tags: spec.Tags, multi: spec.MultiLocation,
		script: script{
			duration: spec.RunDuration, screenshots: spec.Screenshots, siteDown: spec.SiteDown, outages: spec.Outages,
		},
		config: config, initial: config, state: spec.State, rollBack: spec.RollBackNextUpdate,
		created: spec.Created, baselines: map[string]*baseline{},
	}
	switch c.state {
	case "":
		c.state = running
	case ready, running, stopped, failed:
	default:
		return nil, fmt.Errorf("a canary can't begin in state %q", c.state)
	}
	if c.id == "" {
		c.id = uuid(c.arn)
	}
	if c.created.IsZero() {
		c.created = now.Add(-24 * time.Hour).Truncate(time.Millisecond)
	}
	c.modified = c.created
	c.scheduledSince = now.UTC().Truncate(time.Millisecond)
	if c.state == running {
		c.lastStarted = c.scheduledSince
	}
	return c, nil
}

func seedConfiguration(spec Canary) (*configuration, error) {
	f := &configuration{
		role: spec.Role, runtime: spec.Runtime, handler: "index.handler",
		duration: spec.Duration, retries: spec.Retries, timeout: spec.Timeout,
		memory: max(spec.Memory, 0), ephemeral: 1024, environmentKey: spec.EnvironmentKey,
		encryption: spec.Encryption, browsers: spec.Browsers, browsersWereSent: len(spec.Browsers) > 0,
		successDays: spec.SuccessDays, failureDays: spec.FailureDays, cleanup: "AUTOMATIC", version: 1,
	}
	if f.memory == 0 {
		f.memory = 1024
	}
	if len(f.browsers) == 0 {
		f.browsers = []string{chrome}
	}
	if f.successDays == 0 {
		f.successDays = 31
	}
	if f.failureDays == 0 {
		f.failureDays = 31
	}
	text := spec.Schedule
	if text == "" {
		text = "rate(5 minutes)"
	}
	var err error
	if f.schedule, err = schedule.Parse(text); err != nil {
		return nil, err
	}
	at := spec.Location
	if len(at) < 5 || at[:5] != "s3://" {
		at = "s3://" + at
	}
	if f.location, err = parseLocation(at); err != nil {
		return nil, err
	}
	if len(spec.Screenshots) > 0 {
		f.visual = seedReferences(f.browsers, spec.Screenshots)
	}
	return f, nil
}

// seedReferences are references that the first run satisfies with its own screenshots.
func seedReferences(browsers []string, shots []Screenshot) []*visualReference {
	var out []*visualReference
	for _, b := range browsers {
		v := &visualReference{browser: b, base: nextRun, shown: nextRun}
		for _, shot := range shots {
			if !shot.Excluded {
				v.screenshots = append(v.screenshots, baseScreenshot{Name: shot.Name, Ignore: shot.Ignore})
			}
		}
		out = append(out, v)
	}
	return out
}
