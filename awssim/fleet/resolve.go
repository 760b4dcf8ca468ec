package fleet

import (
	"fmt"
	"math/rand/v2"
	"time"

	"rekey/awssim/kms"
	"rekey/awssim/s3"
	"rekey/awssim/synthetics"
	"rekey/awssim/synthetics/schedule"
)

// canary turns the i-th canary into the service's seed and notes the access that its role begins with.
func (r *resolver) canary(i int, from *Canary) error {
	account := r.names.Account(from.Account)
	c := synthetics.Canary{
		Account: account, Region: from.Region, Name: from.Name, Role: r.names.Role(from.Role, from.Account),
		Runtime: from.Runtime, Schedule: from.Schedule, Duration: from.Duration, Retries: from.Retries,
		Timeout: from.Timeout, Memory: from.Memory, State: from.State, Location: from.Location,
		Browsers: from.Browsers, Tags: from.Tags, SuccessDays: from.SuccessDays, FailureDays: from.FailureDays,
		RunDuration: from.RunDuration, SiteDown: from.SiteDown, RollBackNextUpdate: from.RollBackNextUpdate,
		Created: r.start.Add(-24 * time.Hour),
	}
	if c.Runtime == "" {
		c.Runtime = "syn-nodejs-puppeteer-11.0"
	}
	if c.Schedule == "" {
		c.Schedule = "rate(5 minutes)"
	}
	if c.Location == "" {
		c.Location = r.defaultLocation(account, from.Region, from.Name)
	}
	if from.EnvironmentKey != "" {
		c.EnvironmentKey = r.names.Key(from.EnvironmentKey, from.Account, from.Region)
		r.allow(c.Role, c.EnvironmentKey, from.Access)
	}
	if m := from.MultiLocation; m != nil {
		c.MultiLocation = &synthetics.MultiLocation{Type: m.Type, Primary: m.Primary, Replicas: m.Replicas, State: m.State}
	}
	for _, s := range from.Screenshots {
		c.Screenshots = append(c.Screenshots, synthetics.Screenshot(s))
	}
	for _, o := range from.Outages {
		begin := r.start.Add(o.After)
		c.Outages = append(c.Outages, synthetics.Outage{From: begin, Until: begin.Add(o.For)})
	}
	if from.Encryption != nil {
		c.Encryption = &synthetics.Encryption{Mode: from.Encryption.Mode}
		if from.Encryption.Key != "" {
			c.Encryption.KeyARN = r.names.Key(from.Encryption.Key, from.Account, from.Region)
			r.allow(c.Role, c.Encryption.KeyARN, from.Access)
		}
	}
	if err := r.history(i, from, &c); err != nil {
		return err
	}
	r.out.Canaries = append(r.out.Canaries, c)
	return nil
}

// defaultLocation is AWS's (CLI samples: cw-syn-results-<account>-<region>/canary/<region>/<name>-<suffix>).
func (r *resolver) defaultLocation(account, region, name string) string {
	bucket := "cw-syn-results-" + account + "-" + region
	if !r.access[access{key: bucket, how: "bucket"}] {
		r.access[access{key: bucket, how: "bucket"}] = true
		r.defaults = append(r.defaults, s3.Bucket{Name: bucket, Account: account, Region: region})
	}
	return bucket + "/canary/" + region + "/" + name + "-" + keyID(account, region, name)[:13]
}

// allow gives a role its access to a key, once. Access by key policy to another account's key needs the
// role's policy as well (AWS KMS Developer Guide, key-policy-modifying-external-accounts).
func (r *resolver) allow(role, key, how string) {
	if how == "" {
		how = AccessGrant
	}
	if r.access[access{role, key, how}] {
		return
	}
	r.access[access{role, key, how}] = true
	foreign := accountOf(role) != accountOf(key)
	switch how {
	case AccessGrant:
		id, _ := r.grantee(role)
		r.out.Grants = append(r.out.Grants, KeyGrant{key, kms.Grant{
			Name: "artifacts", Grantee: role, GranteeID: id, IssuingAccount: root(accountOf(role)), Operations: []string{"GenerateDataKey", "Decrypt"},
			Created: r.start.Add(-24 * time.Hour),
		}})
	case AccessRolePolicy:
		r.inline[role] = append(r.inline[role], key)
	case AccessKeyPolicy:
		r.inPolicy[key] = append(r.inPolicy[key], role)
		if foreign {
			r.inline[role] = append(r.inline[role], key)
		}
	}
}

// history dates the one run that a canary has behind it: for a schedule within its last interval, spread by
// the seed; for a stopped canary an hour ago.
func (r *resolver) history(i int, from *Canary, c *synthetics.Canary) error {
	if from.NoHistory || c.State == "READY" || c.State == "ERROR" {
		return nil
	}
	if from.LastRunAgo > 0 {
		c.LastRun = r.start.Add(-from.LastRunAgo)
		return nil
	}
	if c.State == "STOPPED" {
		c.LastRun = r.start.Add(-time.Hour)
		return nil
	}
	e, err := schedule.Parse(c.Schedule)
	if err != nil {
		return fmt.Errorf("canary %s: %w", c.Name, err)
	}
	switch {
	case e.Every() > 0:
		rng := rand.New(rand.NewPCG(r.fleet.Seed, uint64(i)))
		// Never so late that the run would still be in flight: at most all but a fifth of the interval.
		c.LastRun = r.start.Add(-e.Every()/5 - time.Duration(rng.Int64N(int64(e.Every()*4/5))))
	case e.IsCron():
		c.LastRun = previous(e, r.start)
	}
	return nil
}

// previous is the last firing before t, or an hour before t when there is none within 32 days.
func previous(e schedule.Expression, t time.Time) time.Time {
	for _, back := range []time.Duration{time.Hour, 24 * time.Hour, 32 * 24 * time.Hour} {
		last := time.Time{}
		for at := e.Next(t.Add(-back)); !at.IsZero() && at.Before(t); at = e.Next(at) {
			last = at
		}
		if !last.IsZero() {
			return last
		}
	}
	return t.Add(-time.Hour)
}
