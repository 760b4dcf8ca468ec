// Package planning decides, from what was seen of a cell, what would be done to each of its canaries, and
// freezes that under a digest. It is pure: the same observations give the same plan.
package planning

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"rekey/workflows"
)

// Observed is what was seen of a cell.
type Observed struct {
	Cell   workflows.Cell
	Target workflows.Target
	Census workflows.Census
	Survey workflows.Survey
}

// Frozen is the plan of one cell: an item for each canary, by name.
type Frozen struct {
	Canaries []workflows.Canary  `json:"canaries"`
	Digest   string              `json:"digest"`
	Counts   workflows.PlanCount `json:"counts"`
	// Bytes is how many the canaries have as JSON.
	Bytes int `json:"bytes"`
}

// Freeze makes the plan of a cell.
func Freeze(o Observed) Frozen {
	canaries := make([]workflows.Canary, 0, len(o.Census.Canaries))
	for _, settings := range o.Census.Canaries {
		canaries = append(canaries, o.item(settings))
	}
	slices.SortFunc(canaries, func(a, b workflows.Canary) int {
		return strings.Compare(a.Recorded.Name, b.Recorded.Name)
	})
	return Frozen{Canaries: canaries, Digest: Digest(canaries), Counts: count(canaries), Bytes: size(canaries)}
}

func size(canaries []workflows.Canary) int {
	text, err := json.Marshal(canaries)
	if err != nil {
		panic(err) // plain strings and slices always encode
	}
	return len(text)
}

// item plans one canary.
func (o Observed) item(settings workflows.Settings) workflows.Canary {
	c := workflows.Canary{Cell: o.Cell, Recorded: settings, State: workflows.Pending}
	c.To, c.Problem = o.target(settings)
	if c.Problem == nil {
		c.Problem = o.obstacle(settings, c.To)
	}
	if c.Problem != nil {
		c.State = outcome(c.Problem.Reason)
		return c
	}
	c.Grants = o.grants(settings, c.To)
	c.Revokes = o.revokes(settings)
	c.OldAccess = o.unseen(settings)
	return c
}

// unseen holds old access from the beginning where its grants could not be listed: what can't be seen can't be
// planned to be revoked.
func (o Observed) unseen(s workflows.Settings) *workflows.OldAccess {
	if !slices.Contains(o.Survey.Unlisted, workflows.Pair{RoleARN: s.RoleARN, KeyARN: s.From.KeyARN}) {
		return nil
	}
	return &workflows.OldAccess{State: workflows.OldAccessHeld, Held: &workflows.Problem{
		Reason:   workflows.AccessDenied,
		Message:  fmt.Sprintf("The grants of %s on %s could not be listed, so none can be revoked.", s.RoleARN, s.From.KeyARN),
		NextStep: "Let the key's policy delegate kms:ListGrants and kms:RevokeGrant to the account, or revoke them in the key's account.",
		Metadata: map[string]string{"operation": "kms:ListGrants", "aws_code": "AccessDeniedException"},
	}}
}

// grants are what the canary's role needs for its new encryption. A grant of that name that exists is listed
// with its id.
func (o Observed) grants(s workflows.Settings, to workflows.Encryption) []workflows.AccessChange {
	if to.Mode != workflows.SSEKMS {
		return nil
	}
	grant := workflows.AccessChange{RoleARN: s.RoleARN, KeyARN: to.KeyARN, GrantName: GrantName(s.RoleARN, to.KeyARN)}
	for _, g := range o.Survey.Grants {
		if g.RoleARN == grant.RoleARN && g.KeyARN == grant.KeyARN && g.GrantName == grant.GrantName {
			grant.GrantID = g.GrantID
		}
	}
	return []workflows.AccessChange{grant}
}

// revokes are the grants of the canary's role on its old key.
func (o Observed) revokes(s workflows.Settings) []workflows.AccessChange {
	if s.From.Mode != workflows.SSEKMS {
		return nil
	}
	var list []workflows.AccessChange
	for _, g := range o.Survey.Grants {
		if g.RoleARN == s.RoleARN && g.KeyARN == s.From.KeyARN {
			list = append(list, g)
		}
	}
	slices.SortFunc(list, func(a, b workflows.AccessChange) int { return strings.Compare(a.GrantID, b.GrantID) })
	return list
}

// Pairs are the roles and keys whose grants a plan for these canaries needs to know, each once.
func Pairs(census workflows.Census, target workflows.Target) []workflows.Pair {
	seen := map[workflows.Pair]bool{}
	var pairs []workflows.Pair
	add := func(role, key string) {
		if p := (workflows.Pair{RoleARN: role, KeyARN: key}); key != "" && !seen[p] {
			seen[p] = true
			pairs = append(pairs, p)
		}
	}
	for _, s := range census.Canaries {
		add(s.RoleARN, s.From.KeyARN)
		add(s.RoleARN, keyIn(s.BucketRegion, target))
	}
	return pairs
}

// GrantName is the name of rekey's grant for a role on a key. KMS returns the same grant for the same name and
// parameters (AWS KMS API, CreateGrant), which makes its creation safe to repeat.
func GrantName(role, key string) string {
	sum := sha256.Sum256([]byte(role + "\n" + key))
	return "rekey-" + hex.EncodeToString(sum[:16])
}

func count(canaries []workflows.Canary) workflows.PlanCount {
	n := workflows.PlanCount{Canaries: len(canaries)}
	grants, revokes := map[string]bool{}, map[string]bool{}
	for _, c := range canaries {
		switch c.State {
		case workflows.Pending:
			n.ToMigrate++
		case workflows.Skipped:
			n.Skipped++
		default:
			n.Blocked++
		}
		for _, g := range c.Grants {
			if g.GrantID == "" {
				grants[g.GrantName] = true
			}
		}
		for _, g := range c.Revokes {
			revokes[g.GrantID] = true
		}
	}
	n.Grants, n.Revokes = len(grants), len(revokes)
	return n
}
