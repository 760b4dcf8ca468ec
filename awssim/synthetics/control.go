package synthetics

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"rekey/awssim/identity"
	"rekey/awssim/s3"
)

// byARN is the canary of an ARN, nil when there is none.
func (s *Service) byARN(arn string) *canary {
	parts := strings.Split(arn, ":")
	if len(parts) != 7 {
		return nil
	}
	return s.find(parts[4], parts[3], parts[6])
}

// SetSiteDown makes the site that a canary visits fail, or work again, for the runs that start from now on.
func (s *Service) SetSiteDown(arn string, down bool) error {
	return s.adjust(arn, func(c *canary) { c.script.siteDown = down })
}

// RollBackNextUpdate makes the canary's next update end in a silent roll-back with that reason; "" takes it
// back.
func (s *Service) RollBackNextUpdate(arn, reason string) error {
	return s.adjust(arn, func(c *canary) { c.rollBack = reason })
}

// Delete deletes a canary at once, in any state, as its owner: GetCanary doesn't find it any more, and runs in flight aren't
// recorded. Its artifacts stay (API_DeleteCanary). AWS wants it to be stopped before; that is left out.
func (s *Service) Delete(arn string) error {
	c := s.byARN(arn)
	if c == nil {
		return fmt.Errorf("there is no canary %q", arn)
	}
	s.remove(c)
	c.mu.Lock()
	defer c.mu.Unlock()
	now := s.clock.Now().UTC().Truncate(time.Millisecond)
	c.state, c.deleted, c.stopRequested = stopped, true, now
	c.generation++
	s.record(c, identity.Root(c.account), ActionDelete, now, nil)
	return nil
}

// remove takes a canary out of its cell.
func (s *Service) remove(c *canary) {
	s.mu.Lock()
	defer s.mu.Unlock()
	where := s.cells[cellKey{c.account, c.region}]
	delete(where.byName, c.name)
	where.names = slices.DeleteFunc(where.names, func(name string) bool { return name == c.name })
}

func (s *Service) adjust(arn string, f func(*canary)) error {
	c := s.byARN(arn)
	if c == nil {
		return fmt.Errorf("there is no canary %q", arn)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	f(c)
	return nil
}

// Initial is what a canary began with, for judging afterwards what was changed.
type Initial struct {
	ARN, Role      string
	Running        bool
	Every, Limit   time.Duration
	Bucket, Prefix string
	Encryption     s3.Encryption
	Visual         bool
	EnvironmentKey string
}

// Initials are all canaries as they were added, in no order. Their states are as of the call.
func (s *Service) Initials() []Initial {
	s.mu.RLock()
	defer s.mu.RUnlock()
	var out []Initial
	for _, where := range s.cells {
		for _, c := range where.byName {
			c.mu.Lock()
			out = append(out, Initial{
				ARN: c.arn, Role: c.initial.role, Running: c.state == running,
				Every: c.initial.schedule.Every(), Limit: c.initial.limit(),
				Bucket: c.initial.location.bucket, Prefix: c.initial.location.prefix,
				Encryption: c.initial.encryption.upload(), Visual: len(c.initial.visual) > 0,
				EnvironmentKey: c.initial.environmentKey,
			})
			c.mu.Unlock()
		}
	}
	return out
}
