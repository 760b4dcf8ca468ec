package fleet

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var start = time.Date(2026, 11, 2, 8, 0, 0, 0, time.UTC)

func TestTheSampleHolds(t *testing.T) {
	f, err := Load(filepath.Join("testdata", "small.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	c, err := f.Contents(start)
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Canaries) != 16 || len(c.Roles) != 6 || len(c.Buckets) != 4 {
		t.Errorf("%d canaries, %d roles, %d buckets", len(c.Canaries), len(c.Roles), len(c.Buckets))
	}
	checkout := c.Canaries[0]
	if age := start.Sub(checkout.LastRun); age < time.Minute || age > 5*time.Minute {
		t.Errorf("checkout's last run was %s ago", age)
	}
	if f.Synthetics.CronRunsAfterEdit || !f.Synthetics.EmptyEncryptionResets || f.Synthetics.RunDuration != 5*time.Second {
		t.Errorf("settings that aren't given have their defaults: %+v", f.Synthetics)
	}
	if n := len(f.TargetKeys()); n != 3 {
		t.Errorf("%d target keys", n)
	}
}

func TestAccessFollowsTheFile(t *testing.T) {
	f, err := Load(filepath.Join("testdata", "small.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	c, err := f.Contents(start)
	if err != nil {
		t.Fatal(err)
	}
	old := f.Names().Key("shop/eu-west-1/old", "", "")
	shared := f.Names().Role("shop/canary-shared", "")
	var granted []string
	for _, g := range c.Grants {
		if g.Key == old {
			granted = append(granted, g.Grant.Grantee)
		}
	}
	if want := []string{"arn:aws:iam::111111111111:role/canary-checkout"}; !cmp.Equal(granted, want) {
		t.Error(cmp.Diff(want, granted))
	}
	for _, r := range c.Roles {
		if has := strings.Contains(r.Inline["artifact-keys"], old); has != (r.ARN == shared) {
			t.Errorf("inline policy of %s names the key: %v", r.ARN, has)
		}
	}
	for _, k := range c.Keys {
		if has := strings.Contains(k.Policy, shared); has != (k.ARN == old) {
			t.Errorf("policy of %s names the role: %v", k.ARN, has)
		}
	}
}

func TestErrorsNameTheirLine(t *testing.T) {
	cases := map[string]struct{ text, want string }{
		"unknown field": {"accounts:\n  - {id: \"111111111111\", nam: shop, regions: [eu-west-1]}\n", "[2:"},
		"wrong type":    {"time_scale: fast\naccounts: []\n", "[1:"},
		"unknown role": {"accounts:\n  - {id: \"111111111111\", name: shop, regions: [eu-west-1]}\ncanaries:\n" +
			"  - {account: shop, region: eu-west-1, name: a,\n     role: nobody}\n", "line 5: canaries[0].role: there is no role \"nobody\""},
		"missing field": {"accounts:\n  - {id: \"111111111111\",\n     name: shop}\n", "line 2: accounts[0]: the account has no regions"},
		"bad schedule": {"accounts:\n  - {id: \"111111111111\", name: shop, regions: [eu-west-1]}\nroles:\n" +
			"  - {account: shop, name: r, template: canary}\ncanaries:\n" +
			"  - {account: shop, region: eu-west-1, name: a, role: r, schedule: hourly}\n", "line 6: canaries[0].schedule"},
		"policy that is no JSON": {"accounts:\n  - {id: \"111111111111\", name: shop, regions: [eu-west-1]}\nroles:\n" +
			"  - {account: shop, name: r, trust: \"{\"}\n", "JSON"},
		"twice": {"accounts:\n  - {id: \"111111111111\", name: shop, regions: [eu-west-1]}\n" +
			"  - {id: \"111111111111\", name: bank, regions: [eu-west-1]}\n", "line 3: accounts[1].id: account 111111111111 exists twice"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			_, err := Parse([]byte(c.text))
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v\nwant %s", err, c.want)
			}
		})
	}
}

func TestGenerateFollowsTheSeed(t *testing.T) {
	config := GeneratorConfig{
		Seed: 3, Accounts: 3, RegionsPerAccount: 2, Canaries: 40, VisualEvery: 4, SharedRoleEvery: 2, StoppedEvery: 10,
		Mix: map[From]int{FromDefault: 1, FromSSES3: 1, FromGrant: 2, FromRolePolicy: 1, FromKeyPolicy: 1, FromCentralKey: 1},
	}
	a, b := Generate(config), Generate(config)
	if diff := cmp.Diff(a, b); diff != "" {
		t.Error(diff)
	}
	if p := a.Check(); len(p) > 0 {
		t.Fatal(p)
	}
	c, err := a.Contents(start)
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Canaries) != 40 || len(a.TargetKeys()) != 6 {
		t.Errorf("%d canaries, %d target keys", len(c.Canaries), len(a.TargetKeys()))
	}
	config.CentralTarget = true
	if n := len(Generate(config).TargetKeys()); n != 6 {
		t.Errorf("%d target keys of central keys", n)
	}
	config.Seed = 4
	if cmp.Equal(a.Canaries, Generate(config).Canaries) {
		t.Error("another seed gives the same canaries")
	}
}

func TestAccountsLieAtEveryDepth(t *testing.T) {
	units := map[string]int{}
	f := Generate(GeneratorConfig{Accounts: 12, Units: 2, UnitDepth: 3})
	for _, a := range f.Accounts[1:] { // without the hub's
		units[a.Unit]++
	}
	want := map[string]int{
		"Workloads/Unit1": 2, "Workloads/Unit1/Level2": 2, "Workloads/Unit1/Level2/Level3": 2,
		"Workloads/Unit2": 2, "Workloads/Unit2/Level2": 2, "Workloads/Unit2/Level2/Level3": 2,
	}
	if diff := cmp.Diff(want, units); diff != "" {
		t.Errorf("accounts by unit (-want +got):\n%s", diff)
	}
}

func FuzzParse(f *testing.F) {
	text, err := os.ReadFile(filepath.Join("testdata", "small.yaml"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(string(text))
	f.Add("accounts: [{id: \"111111111111\", name: a, regions: [b]}]")
	f.Fuzz(func(_ *testing.T, text string) {
		if fleet, err := Parse([]byte(text)); err == nil {
			_, _ = fleet.Contents(start) // must not panic
		}
	})
}
