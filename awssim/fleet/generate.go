package fleet

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// The names that a generated fleet gives its control plane.
const (
	HubAccount = "900000000000"
	HubUser    = "rekey-hub"
	MemberRole = "rekey-member"
	ExternalID = "rekey-external-id"
	// HubAccessKey and HubSecret sign the hub user's requests.
	HubAccessKey = "AKIAREKEYHUB00000000"
	HubSecret    = "simulated-secret-of-the-rekey-hub-user"
)

// From is one of the encryptions that a generated fleet's canaries begin under.
type From string

// The encryptions that GeneratorConfig.Mix can name.
const (
	FromDefault     From = "default"     // never configured
	FromSSES3       From = "sse_s3"      //
	FromGrant       From = "grant"       // a customer managed key, by grant
	FromRolePolicy  From = "role_policy" // ... by the role's inline policy
	FromKeyPolicy   From = "key_policy"  // ... by the key policy
	FromCentralKey  From = "central_key" // a key of the hub account, by grant
	defaultSchedule      = "rate(5 minutes)"
)

// GeneratorConfig says how large a fleet is to be and what it mixes. The zero value gives one canary.
type GeneratorConfig struct {
	// Seed decides everything that varies.
	Seed uint64
	// Accounts are member accounts, at least 1; the hub's comes on top.
	Accounts int
	// Units are the organizational units below Workloads over which the accounts are spread; 4 when 0. UnitDepth, 1 to
	// 4, is how deep units are nested there, with accounts at every depth; 1 when 0.
	Units, UnitDepth int
	// RegionsPerAccount is 1 to 8.
	RegionsPerAccount int
	// Canaries are in all, spread evenly over accounts and Regions.
	Canaries int
	// Schedule is every canary's; rate(5 minutes) when empty.
	Schedule string
	// VisualEvery makes every n-th canary a visual one, none when 0.
	VisualEvery int
	// SharedRoleEvery makes every n-th canary of a cell share the role of the one before it, none below 2.
	SharedRoleEvery int
	// StoppedEvery makes every n-th canary STOPPED, none when 0.
	StoppedEvery int
	// Mix weighs the encryptions to begin with; FromGrant alone when empty.
	Mix map[From]int
	// CentralTarget makes one target key per Region in the hub account, shared with all accounts, instead of
	// one per account and Region.
	CentralTarget bool
	// MemberPolicy replaces what the member roles may do, to rehearse with the very policy that is deployed.
	MemberPolicy Document
	// TimeScale is Fleet.TimeScale.
	TimeScale float64
}

var regions = []string{
	"eu-west-1", "us-east-1", "eu-central-1", "us-west-2", "ap-southeast-2", "eu-north-1", "ca-central-1", "sa-east-1",
}

// Generate makes a fleet: a hub account with the user rekey-hub, and member accounts with the role
// rekey-member, canaries under a key named "old" or another encryption of the mix, and keys named "new" as
// targets (see TargetKeys).
func Generate(c GeneratorConfig) *Fleet {
	c.Accounts, c.Canaries = max(c.Accounts, 1), max(c.Canaries, 1)
	c.UnitDepth = min(max(c.UnitDepth, 1), 4) // with Workloads as deep as AWS allows
	if c.Units == 0 {
		c.Units = 4
	}
	c.RegionsPerAccount = min(max(c.RegionsPerAccount, 1), len(regions))
	if c.Schedule == "" {
		c.Schedule = defaultSchedule
	}
	f := New()
	f.Seed = c.Seed
	if c.TimeScale > 0 {
		f.TimeScale = c.TimeScale
	}
	g := &generator{config: c, fleet: f, rng: rand.New(rand.NewPCG(c.Seed, 1))}
	g.hub()
	for a := range c.Accounts {
		g.account(a)
	}
	g.central()
	for i := range c.Canaries {
		g.canary(i)
	}
	return f
}

type generator struct {
	config  GeneratorConfig
	fleet   *Fleet
	rng     *rand.Rand
	members []string // account ids
}

func (g *generator) hub() {
	g.fleet.Organization.Management = HubAccount
	g.fleet.Accounts = append(g.fleet.Accounts, Account{ID: HubAccount, Name: "hub", Regions: regions[:g.config.RegionsPerAccount]})
	g.fleet.Users = append(g.fleet.Users, User{
		Account: HubAccount, Name: HubUser, AccessKey: HubAccessKey, Secret: HubSecret, Template: "hub",
	})
}

func (g *generator) account(n int) {
	id := fmt.Sprintf("1%011d", n+1)
	g.members = append(g.members, id)
	f := g.fleet
	f.Accounts = append(f.Accounts, Account{
		ID: id, Name: fmt.Sprintf("member-%04d", n+1), Unit: g.unit(n),
		Regions: regions[:g.config.RegionsPerAccount],
	})
	role := Role{
		Account: id, Name: MemberRole, Template: "member", TrustedBy: []string{HubAccount + "/user/" + HubUser}, ExternalID: ExternalID,
	}
	if g.config.MemberPolicy != "" {
		role.Inline = map[string]Document{memberPolicyName: g.config.MemberPolicy}
	}
	f.Roles = append(f.Roles, role)
	for _, region := range regions[:g.config.RegionsPerAccount] {
		f.Buckets = append(f.Buckets, Bucket{Name: bucketOf(id, region), Account: id, Region: region})
		f.Keys = append(f.Keys, Key{Account: id, Region: region, Name: "old"})
		if !g.config.CentralTarget {
			f.Keys = append(f.Keys, Key{Account: id, Region: region, Name: "new", Target: true})
		}
	}
}

// unit is the path of the n-th account's unit: the units take turns, and within each its depths do.
func (g *generator) unit(n int) string {
	path := []string{"Workloads", fmt.Sprintf("Unit%d", n%g.config.Units+1)}
	for depth := range n / g.config.Units % g.config.UnitDepth {
		path = append(path, fmt.Sprintf("Level%d", depth+2))
	}
	return strings.Join(path, "/")
}

// central makes the hub's keys: those that canaries begin under, and the targets.
func (g *generator) central() {
	for _, region := range regions[:g.config.RegionsPerAccount] {
		if g.config.Mix[FromCentralKey] > 0 {
			g.fleet.Keys = append(g.fleet.Keys, Key{Account: HubAccount, Region: region, Name: "central-old", SharedWith: g.members})
		}
		if g.config.CentralTarget {
			g.fleet.Keys = append(g.fleet.Keys, Key{Account: HubAccount, Region: region, Name: "new", SharedWith: g.members, Target: true})
		}
	}
}

func bucketOf(account, region string) string { return "artifacts-" + account + "-" + region }

func (g *generator) canary(i int) {
	cells := len(g.members) * g.config.RegionsPerAccount
	account := g.members[i%cells/g.config.RegionsPerAccount]
	region := regions[i%cells%g.config.RegionsPerAccount]
	nth := i / cells // within its cell
	name := fmt.Sprintf("canary-%05d", i+1)
	role := "canary-role-" + name
	if n := g.config.SharedRoleEvery; n > 1 && nth%n == n-1 {
		role = fmt.Sprintf("canary-role-canary-%05d", i-cells+1)
	} else {
		g.fleet.Roles = append(g.fleet.Roles, Role{Account: account, Name: role, Template: "canary"})
	}
	c := Canary{
		Account: account, Region: region, Name: name, Role: role, Schedule: g.config.Schedule,
		Location: bucketOf(account, region) + "/canary/" + name,
	}
	if n := g.config.VisualEvery; n > 0 && i%n == n-1 {
		c.Screenshots = []Screenshot{
			{Name: "home", Ignore: []string{"0,0,200,40"}, Changing: []string{"10,10,120,30"}}, {Name: "cart"},
		}
	}
	if n := g.config.StoppedEvery; n > 0 && i%n == n-1 {
		c.State = "STOPPED"
	}
	g.encryption(&c)
	g.fleet.Canaries = append(g.fleet.Canaries, c)
}

func (g *generator) encryption(c *Canary) {
	kms := func(key, access string) {
		c.Encryption, c.Access = &Encryption{Mode: "SSE_KMS", Key: key}, access
	}
	switch g.from() {
	case FromDefault:
	case FromSSES3:
		c.Encryption = &Encryption{Mode: "SSE_S3"}
	case FromRolePolicy:
		kms("old", AccessRolePolicy)
	case FromKeyPolicy:
		kms("old", AccessKeyPolicy)
	case FromCentralKey:
		kms(HubAccount+"/"+c.Region+"/central-old", AccessGrant)
	default:
		kms("old", AccessGrant)
	}
}

// from draws from the mix, in a fixed order so that the seed decides.
func (g *generator) from() From {
	order := []From{FromDefault, FromSSES3, FromGrant, FromRolePolicy, FromKeyPolicy, FromCentralKey}
	total := 0
	for _, f := range order {
		total += g.config.Mix[f]
	}
	if total == 0 {
		return FromGrant
	}
	n := g.rng.IntN(total)
	for _, f := range order {
		if n -= g.config.Mix[f]; n < 0 {
			return f
		}
	}
	return FromGrant
}
