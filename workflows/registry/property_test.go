package registry

import (
	"slices"
	"strings"
	"testing"
	"time"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/synthetics"
	"github.com/aws/aws-sdk-go-v2/service/synthetics/types"
	"pgregory.net/rapid"

	"rekey/workflows"
	"rekey/workflows/failure"
)

// TestRevokeStrandsNobody takes random steps, in which migrations claim, use, lease and revoke through an account's
// registry, owners change their canaries, and time passes; after each step every canary still has what it needs. It leaves
// Temporal out, so that it comes to many more states than whole migrations do. -rapid.checks says how many sequences
// are tried.
func TestRevokeStrandsNobody(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes some seconds")
	}
	rapid.Check(t, func(r *rapid.T) {
		m := &machine{world: newWorld(t, r), t: r, state: newState(nil), leased: map[workflows.Holder]workflows.Pair{}}
		defer m.close()
		r.Repeat(map[string]func(*rapid.T){
			"use":                     m.use,
			"move what is used":       m.move,
			"end":                     m.end,
			"lease another":           m.lease,
			"lease and revoke":        m.lease,
			"revoke again":            m.revokeLeased,
			"owner leaves the keys":   m.leave,
			"owner sets the baseline": m.rebase,
			"owner gives an env key":  m.environment,
			"owner starts or stops":   m.startOrStop,
			"time passes":             m.pass,
			"":                        m.check,
		})
	})
}

// machine is a world, its registry, and who holds what of it.
type machine struct {
	*world
	t      *rapid.T
	state  *state
	leased map[workflows.Holder]workflows.Pair
}

var holders = []workflows.Holder{{Migration: "m-1", Region: ireland}, {Migration: "m-2", Region: ireland}, {Migration: "m-2", Region: virginia}}

func (m *machine) holder() workflows.Holder { return rapid.SampledFrom(holders).Draw(m.t, "holder") }

// place is a canary, more often one whose runs take long.
func (m *machine) place() place {
	slow := slices.DeleteFunc(slices.Clone(places), func(p place) bool { return !strings.HasPrefix(p.name, "slow") })
	return rapid.SampledFrom(slices.Concat(places, slow, slow)).Draw(m.t, "canary")
}

// somePair is of a role and a key that a canary of the role may have.
func (m *machine) somePair() workflows.Pair {
	role := rapid.SampledFrom([]string{"one", "one", "two"}).Draw(m.t, "role")
	region := map[string]string{"one": ireland, "two": virginia}[role]
	return m.pair(role, region, rapid.SampledFrom([]string{"k", "l"}).Draw(m.t, "key"))
}

// use registers the use of a pair, and grants the key, as a migration does that is about to move a canary there.
func (m *machine) use(*rapid.T) {
	holder, pair := m.holder(), m.somePair()
	if _, revoking := m.leased[holder]; revoking {
		return // a cell does one after the other
	}
	claimed := m.state.claim(workflows.ClaimRequest{ClaimInput: workflows.ClaimInput{
		Account: shop, Holder: holder, Uses: []workflows.Pair{pair},
	}})
	if len(claimed.Revoking) > 0 {
		return
	}
	if err := m.grant(pair); err != nil {
		m.t.Fatal(err)
	}
}

// move gives a canary a key of which somebody has registered the use.
func (m *machine) move(*rapid.T) {
	if len(m.state.uses) == 0 {
		m.t.Skip("nobody uses anything")
	}
	pair := rapid.SampledFrom(m.state.uses).Draw(m.t, "use").Pair
	var fitting []place
	for _, p := range places {
		if m.fits(p, pair) {
			fitting = append(fitting, p)
		}
	}
	m.update(rapid.SampledFrom(fitting).Draw(m.t, "canary"), &synthetics.UpdateCanaryInput{ArtifactConfig: under(pair.KeyARN)})
}

// fits reports whether a canary is of the pair's role, and writes to the Region of its key.
func (m *machine) fits(p place, pair workflows.Pair) bool {
	role := map[bool]string{true: "one", false: "two"}[p.bucket == ireland]
	return pair.RoleARN == m.names.Role(role, shop)
}

// end gives back all that a migration holds, but a lease under which it revokes.
func (m *machine) end(*rapid.T) {
	holder := m.holder()
	if _, revoking := m.leased[holder]; !revoking {
		m.state.release(workflows.ReleaseInput{Account: shop, Holder: holder})
	}
}

// lease asks for a pair, after it has given up the own use of it.
func (m *machine) lease(*rapid.T) {
	holder, pair := m.holder(), m.somePair()
	if _, revoking := m.leased[holder]; revoking {
		return
	}
	in := workflows.LeaseInput{Account: shop, Holder: holder, Pairs: []workflows.Pair{pair}}
	m.state.endUses(in)
	if len(m.state.lease(workflows.LeaseRequest{LeaseInput: in}).Leased) > 0 {
		m.leased[holder] = pair
		m.attempt(holder)
	}
}

// revokeLeased makes another attempt of those that waited.
func (m *machine) revokeLeased(*rapid.T) {
	for _, holder := range holders {
		if _, ok := m.leased[holder]; ok {
			m.attempt(holder)
			return
		}
	}
	m.t.Skip("nothing is leased")
}

// attempt makes an attempt to revoke what a holder has leased, and gives the lease back unless another is to follow.
func (m *machine) attempt(holder workflows.Holder) {
	pair := m.leased[holder]
	_, err := m.revoke.ExecuteActivity(workflows.RevokeActivity, workflows.RevokeInput{
		Cell: workflows.Cell{Account: shop, Region: holder.Region}, Poll: workflows.Poll{Scale: m.sim.World.Clock.Scale()},
		Pairs: []workflows.RevokePair{{Pair: pair, Changes: m.grants(pair)}},
	})
	if failure.IsWait(err) {
		return
	} else if err != nil {
		m.t.Fatal(err)
	}
	m.state.endLease(workflows.LeaseInput{Account: shop, Holder: holder, Pairs: []workflows.Pair{pair}})
	delete(m.leased, holder)
}

func (m *machine) leave(*rapid.T) {
	m.update(m.place(), &synthetics.UpdateCanaryInput{ArtifactConfig: under("")})
}

// environment gives a canary's environment variables a key, if its role can use it.
func (m *machine) environment(*rapid.T) {
	p := m.place()
	pair := m.pair("one", p.region, rapid.SampledFrom([]string{"k", "l"}).Draw(m.t, "key"))
	if !m.fits(p, pair) {
		pair.RoleARN = m.names.Role("two", shop)
	}
	key := ""
	if len(m.grants(pair)) > 0 && rapid.Bool().Draw(m.t, "given") {
		key = pair.KeyARN
	}
	m.update(p, &synthetics.UpdateCanaryInput{KmsKeyArn: &key})
}

// rebase makes the last run the baseline.
func (m *machine) rebase(*rapid.T) {
	p := rapid.SampledFrom(slices.DeleteFunc(slices.Clone(places), func(p place) bool {
		return p.name != "visual" && p.name != "other"
	})).Draw(m.t, "canary")
	m.update(p, &synthetics.UpdateCanaryInput{VisualReference: &types.VisualReferenceInput{
		BaseCanaryRunId: awssdk.String("lastrun"), BaseScreenshots: []types.BaseScreenshot{{ScreenshotName: awssdk.String("home")}},
	}})
}

func (m *machine) update(p place, in *synthetics.UpdateCanaryInput) {
	in.Name = awssdk.String(p.name)
	if _, err := m.owner(p.region).UpdateCanary(m.ctx, in); err != nil && !isBusy(err) {
		m.t.Fatal(err)
	}
}

func (m *machine) startOrStop(*rapid.T) {
	p := m.place()
	client, name := m.owner(p.region), awssdk.String(p.name)
	if _, err := client.StopCanary(m.ctx, &synthetics.StopCanaryInput{Name: name}); err == nil {
		return
	}
	if _, err := client.StartCanary(m.ctx, &synthetics.StartCanaryInput{Name: name}); err != nil && !isBusy(err) {
		m.t.Fatal(err)
	}
}

func (m *machine) pass(*rapid.T) {
	m.sim.WaitUntil(m.sim.World.Clock.Now().Add(time.Duration(rapid.IntRange(1, 90).Draw(m.t, "seconds")) * time.Second))
}

func (m *machine) check(r *rapid.T) {
	for _, f := range m.sim.Stranded() {
		r.Fatalf("stranded: %+v", f)
	}
}
