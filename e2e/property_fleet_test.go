package e2e

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"rekey/awssim/fleet"
)

// oneOf draws from a list.
func oneOf[T any](dice *rand.Rand, list ...T) T { return list[dice.IntN(len(list))] }

func chance(dice *rand.Rand, percent int) bool { return dice.IntN(100) < percent }

// span draws a time of whole seconds.
func span(dice *rand.Rand, from, to time.Duration) time.Duration {
	return from + time.Duration(dice.Int64N(int64((to-from)/time.Second)+1))*time.Second
}

// elsewhere is the bucket of the shop in a Region, beside AWS's default ones.
func elsewhere(region string) string { return "shop-elsewhere-" + region }

// randomFleet is a few canaries on fewer roles in two Regions, so that most have their role's access to a key in common
// with another, which a migration may not see: in the other Region, at rest, or not selected.
func randomFleet(t *testing.T, dice *rand.Rand) *fleet.Fleet {
	t.Helper()
	f := parse(t, canaryRole("shop", "one", "")+canaryRole("shop", "two", "")+canaryRole("shop", "three", ""), " []\n")
	f.TimeScale, f.Seed = propertyScale, dice.Uint64()
	f.Synthetics.KeepRuns = 10_000 // a roll back names the run that the baseline was made from
	f.Synthetics.UpdateDelay = span(dice, time.Second, 40*time.Second)
	f.Roles = append(f.Roles, fleet.Role{
		Account: "central", Name: "rekey-member", Template: "member", TrustedBy: []string{"arn:aws:iam::" + hub + ":user/rekey"}, ExternalID: externalID,
	})
	for _, region := range []string{ireland, virginia} {
		f.Keys = append(f.Keys, fleet.Key{Account: "central", Region: region, Name: "k", SharedWith: []string{"shop"}})
		f.Buckets = append(f.Buckets, fleet.Bucket{Name: elsewhere(region), Account: "shop", Region: region})
	}
	for i := range 5 + dice.IntN(5) {
		f.Canaries = append(f.Canaries, randomCanary(dice, i))
	}
	return f
}

// randomCanary is named after the group by which a migration selects it; nobody selects the group o.
func randomCanary(dice *rand.Rand, i int) fleet.Canary {
	minutes := 1 + dice.IntN(4)
	c := fleet.Canary{
		Account: "shop", Region: oneOf(dice, ireland, ireland, virginia), Name: fmt.Sprintf("%s-%d", oneOf(dice, "a", "a", "b", "b", "o", "o"), i),
		Role: oneOf(dice, "one", "one", "one", "two", "two", "three"), Schedule: fmt.Sprintf("rate(%d minutes)", minutes),
		Runtime: oneOf(dice, runtimes["old"], runtimes["dry"], runtimes["new"], runtimes["pw"]),
		Access:  oneOf(dice, fleet.AccessGrant, fleet.AccessGrant, fleet.AccessGrant, fleet.AccessRolePolicy, fleet.AccessKeyPolicy),
	}
	if minutes == 1 {
		c.Schedule = "rate(1 minute)"
	}
	if chance(dice, 40) {
		c.RunDuration = span(dice, 5*time.Second, time.Duration(minutes)*time.Minute*9/10) // its runs are in flight for long
	}
	if chance(dice, 15) {
		c.State = "STOPPED"
	}
	bucket := c.Region
	if chance(dice, 50) {
		bucket = oneOf(dice, ireland, ireland, virginia)
		c.Location = elsewhere(bucket) + "/" + c.Name
	}
	switch n := dice.IntN(10); {
	case n < 8:
		key := oneOf(dice, "shop/%s/k", "shop/%s/k", "shop/%s/k", "shop/%s/k", "shop/%s/l", "central/%s/k")
		c.Encryption = &fleet.Encryption{Mode: "SSE_KMS", Key: fmt.Sprintf(key, bucket)}
	case n < 9:
		c.Encryption = &fleet.Encryption{Mode: "SSE_S3"}
	}
	if chance(dice, 30) {
		c.EnvironmentKey = "shop/" + c.Region + "/" + oneOf(dice, "k", "k", "l")
	}
	if chance(dice, 40) {
		c.Screenshots = []fleet.Screenshot{{Name: "home", Ignore: []string{"0,0,200,40"}, Changing: []string{"10,10,120,30"}}}
		if (c.Runtime == runtimes["new"] || c.Runtime == runtimes["pw"]) && chance(dice, 30) {
			c.Browsers = []string{"CHROME", "FIREFOX"}
		}
	}
	return c
}

// describe is a canary in a line.
func describe(c *fleet.Canary) string {
	text := fmt.Sprintf("%s in %s: role %s, %s, %s, by %s", c.Name, c.Region, c.Role, c.Runtime, c.Schedule, c.Access)
	if c.Encryption != nil {
		text += ", " + c.Encryption.Mode + " " + c.Encryption.Key
	}
	if c.EnvironmentKey != "" {
		text += ", environment " + c.EnvironmentKey
	}
	if c.Location != "" {
		text += ", to " + c.Location
	}
	if c.RunDuration > 0 {
		text += fmt.Sprintf(", runs of %s", c.RunDuration)
	}
	if len(c.Screenshots) > 0 {
		text += fmt.Sprintf(", visual %v", c.Browsers)
	}
	return text + " " + c.State
}
