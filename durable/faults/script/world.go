package script

import (
	"reflect"
	"time"

	"rekey/awssim/fleet"
)

// Owner is the owner of an account, who may do everything there.
func Owner(account string) fleet.User {
	return fleet.User{
		Account: account, Name: "owner", AccessKey: "AKIAOWNER" + account, Secret: "simulated-secret-of-an-owner", Template: "admin",
	}
}

// fleet draws a world: a few accounts in two Regions, and canaries of every kind.
func (d *dice) fleet(seed uint64, scale float64) *fleet.Fleet {
	f := fleet.Generate(fleet.GeneratorConfig{
		Seed: seed, Accounts: 2 + d.IntN(3), RegionsPerAccount: 2, Canaries: 30 + d.IntN(31),
		VisualEvery: 4, SharedRoleEvery: 2 + d.IntN(3), StoppedEvery: 9, CentralTarget: d.chance(40), TimeScale: scale,
		Mix: map[fleet.From]int{
			fleet.FromDefault: 1, fleet.FromSSES3: 1, fleet.FromGrant: 5, fleet.FromRolePolicy: 2, fleet.FromKeyPolicy: 2, fleet.FromCentralKey: 3,
		},
	})
	for _, a := range f.Accounts {
		f.Users = append(f.Users, Owner(a.ID))
	}
	for i := range f.Canaries {
		d.vary(&f.Canaries[i])
	}
	d.delays(f)
	d.switches(f)
	return f
}

// delays draws how slow AWS is: as it tends to be, or at its slowest.
func (d *dice) delays(f *fleet.Fleet) {
	f.World.GrantPropagation = oneOf(d, 5*time.Second, 30*time.Second, 4*time.Minute+30*time.Second)
	f.World.IAMPropagation = oneOf(d, 10*time.Second, 2*time.Minute)
	f.World.RevocationLinger = oneOf(d, 0, 90*time.Second)
	f.World.BucketKeyCache = oneOf(d, 0, 0, 2*time.Minute)
	f.World.EmptyPages = d.chance(50)
	f.Synthetics.UpdateDelay = d.between(time.Second, 40*time.Second)
	f.Synthetics.KeepRuns = 10_000 // a roll back names the run that the baseline was made from
}

// switches draws some of what AWS doesn't say: each has the other value in one of ten worlds.
func (d *dice) switches(f *fleet.Fleet) {
	for _, field := range reflect.ValueOf(&f.Synthetics).Elem().Fields() {
		if field.Kind() == reflect.Bool && d.chance(10) {
			field.SetBool(!field.Bool())
		}
	}
}

// settle is how long an operator who knows that world waits for access to be effective.
func settle(f *fleet.Fleet) time.Duration {
	return max(f.World.GrantPropagation, f.World.IAMPropagation) + 30*time.Second
}

// vary gives a canary a runtime, with what it can do: dry runs from 10.0 on, baselines in the plural from 12.0 on, several
// browsers.
func (d *dice) vary(c *fleet.Canary) {
	c.Runtime = oneOf(d, "syn-nodejs-puppeteer-9.1", "syn-nodejs-puppeteer-10.0", "syn-nodejs-puppeteer-12.0", "syn-nodejs-playwright-5.1")
	plural := c.Runtime == "syn-nodejs-puppeteer-12.0" || c.Runtime == "syn-nodejs-playwright-5.1"
	if plural && d.chance(30) {
		c.Browsers = []string{"CHROME", "FIREFOX"}
	}
	c.Schedule = oneOf(d, "rate(2 minutes)", "rate(3 minutes)", "rate(5 minutes)", "rate(5 minutes)", "cron(0/4 * * * ? *)")
	c.Timeout = 60
	if d.chance(25) {
		c.RunDuration = d.between(5*time.Second, 50*time.Second) // its runs are in flight for long
	}
	if d.chance(20) {
		c.Retries = 1
	}
	if d.chance(15) {
		c.EnvironmentKey = "old"
	}
	if d.chance(10) {
		c.Tags = map[string]string{"aws:cloudformation:stack-name": "shop"}
	}
	if len(c.Screenshots) > 0 && d.chance(30) {
		c.Screenshots = append(c.Screenshots, fleet.Screenshot{Name: "banner", Excluded: true, Changing: []string{"0,0,10,10"}})
	}
	if d.chance(10) {
		c.Location = "" // AWS's default bucket
	}
}

// pick draws the places of n different canaries.
func (s *Script) pick(d *dice, n int) []int {
	order := d.Perm(len(s.Fleet.Canaries))
	return order[:min(n, len(order))]
}
