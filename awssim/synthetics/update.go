package synthetics

import (
	"time"

	"rekey/awssim/identity"
)

// update queues an edit: the answer is a 200 either way, and what becomes of it shows later (API_UpdateCanary;
// AWS's CloudFormation handler for the states).
func (s *Service) update(c *canary, p identity.Principal, in *change) error {
	if err := s.checkIdle(c); err != nil {
		return err
	}
	if d := c.lastDryRun(); d != nil && d.inProgress() && s.settings.DryRunBlocksUpdate {
		return conflict("A dry run is in progress for canary %s.", c.name)
	}
	now := s.clock.Now().UTC().Truncate(time.Millisecond)
	var next *configuration
	var err error
	if in.DryRunID != nil {
		next, err = s.commit(c, in)
	} else {
		next, err = s.apply(c, in, now)
	}
	if err != nil {
		return err
	}
	s.record(c, p, "synthetics:UpdateCanary", now, changes(c.config, next, in))
	before := c.config
	c.pending = next
	c.previous, c.state = c.state, updating
	c.reason, c.reasonCode, c.modified = "", "UPDATE_IN_PROGRESS", now
	at := now.Add(s.settings.UpdateDelay)
	s.at(c, at, func() { s.settleUpdate(c, before, next, at) })
	return nil
}

// at does something to a canary at an instant, unless it is deleted by then.
func (s *Service) at(c *canary, t time.Time, f func()) {
	s.clock.At(t, func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		if !c.deleted {
			f()
		}
	})
}

// settleUpdate ends UPDATING: with the new settings, or silently with the previous ones and a reason.
func (s *Service) settleUpdate(c *canary, before, next *configuration, at time.Time) {
	c.pending = nil
	c.state = c.previous
	if c.state == failed {
		// "Update the canary again to repair it" (CloudWatch User Guide, troubleshooting). That it ends READY
		// is inferred.
		c.state = ready
	}
	if c.rollBack != "" {
		c.reason, c.reasonCode, c.rollBack = c.rollBack, "ROLLBACK_COMPLETE", ""
		c.state = c.previous
		s.record(c, itself, ActionRollBack, at, map[string]string{DetailReason: c.reason})
		return
	}
	if s.settings.UpdatePublishesVersion {
		next.version++
	}
	next.visual = c.merged(next.visual, before)
	c.config = next
	c.edits++
	c.reason, c.reasonCode = "", "UPDATE_COMPLETE"
	if c.state == running {
		s.resetSchedule(c, before, at)
	}
}

// resetSchedule is what an edit does, whether or not it changes the schedule: the canary runs at once, then at
// its interval (CloudWatch User Guide, "Editing or deleting a canary").
func (s *Service) resetSchedule(c *canary, before *configuration, at time.Time) {
	e := c.config.schedule
	if e.Once() && before.schedule.Once() {
		return // its one run is in flight
	}
	c.generation++
	if s.settings.EditRestartsDuration {
		c.scheduledSince = at
	}
	if e.IsCron() && !s.settings.CronRunsAfterEdit {
		if next := e.Next(at); !next.IsZero() {
			s.tickAt(c, next)
		}
		return
	}
	s.tickAt(c, at.Add(s.settings.RunAfterEdit))
}

// changes are what the journal tells of an edit.
func changes(before, after *configuration, in *change) map[string]string {
	d := map[string]string{DetailBefore: before.encryption.String(), DetailAfter: after.encryption.String()}
	if in.DryRunID != nil {
		d[DetailDry] = *in.DryRunID
	}
	if before.location != after.location {
		d[DetailLocation] = after.location.text
	}
	for _, v := range after.visual {
		if before.reference(v.browser) != v {
			d[DetailBaseline] = v.base
		}
	}
	return d
}

// checkIdle is nil when an edit may begin: not while another operation is in progress, and not on a replica of
// a multi-location canary, or on its primary while it replicates.
func (s *Service) checkIdle(c *canary) error {
	switch c.state {
	case ready, running, stopped, failed:
	default:
		return conflict("Canary %s is in state %s: another operation is already in progress.", c.name, c.state)
	}
	return s.checkPrimary(c)
}

func (s *Service) checkPrimary(c *canary) error {
	switch {
	case c.isReplica() && s.settings.ReplicaUpdateCode == "ValidationException":
		return invalid("Canary %s is a replica: change it in its primary Region %s.", c.name, c.multi.Primary)
	case c.isReplica():
		return conflict("Canary %s is a replica: change it in its primary Region %s.", c.name, c.multi.Primary)
	case c.multi != nil && c.multi.State == "InProgress":
		return conflict("Canary %s is being replicated.", c.name)
	}
	return nil
}
