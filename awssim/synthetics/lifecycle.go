package synthetics

import (
	"time"

	"rekey/awssim/identity"
)

// start begins a canary's schedule. It needs READY or STOPPED (CloudWatch User Guide, "Managing multilocation
// canaries"); ERROR is a switch.
func (s *Service) start(c *canary, p identity.Principal) error {
	allowed := c.state == ready || c.state == stopped || c.state == failed && s.settings.StartFromError
	if !allowed {
		return conflict("Canary %s is in state %s and can't be started.", c.name, c.state)
	}
	if err := s.checkPrimary(c); err != nil {
		return err
	}
	now := s.clock.Now().UTC().Truncate(time.Millisecond)
	c.state, c.reason, c.reasonCode = starting, "", ""
	// Seen in the CLI's sample output: a start raises LastModified too.
	c.lastStarted, c.modified = now, now
	at := now.Add(s.settings.StartDelay)
	s.at(c, at, func() {
		c.state = running
		c.generation++
		c.scheduledSince = at
		first := at.Add(s.settings.RunAfterStart)
		if c.config.schedule.IsCron() {
			first = c.config.schedule.Next(at)
		}
		if !first.IsZero() {
			s.tickAt(c, first)
		}
	})
	s.record(c, p, "synthetics:StartCanary", now, nil)
	return nil
}

// stop ends a canary's schedule. It needs RUNNING; a run in flight goes on, but isn't recorded (API_StopCanary).
func (s *Service) stop(c *canary, p identity.Principal) error {
	if c.state != running {
		return conflict("Canary %s is in state %s and can't be stopped.", c.name, c.state)
	}
	if err := s.checkPrimary(c); err != nil {
		return err
	}
	now := s.clock.Now().UTC().Truncate(time.Millisecond)
	c.state, c.stopRequested = stopping, now
	at := now.Add(s.settings.StopDelay)
	s.at(c, at, func() {
		c.state, c.lastStopped, c.modified = stopped, at, at
		c.generation++
	})
	s.record(c, p, "synthetics:StopCanary", now, nil)
	return nil
}

// settleStopped ends a schedule without anyone's request.
func (s *Service) settleStopped(c *canary, at time.Time) {
	c.generation++
	c.lastStopped = at
	if c.state == updating {
		c.previous = stopped
	} else {
		c.state = stopped
	}
	s.record(c, itself, ActionEnd, at, nil)
}
