package judge

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"rekey/durable/faults/stage"
	rekeyv1 "rekey/gen/rekey/v1"
	"rekey/internal/tables"
)

// permission is a grant, a statement of a key policy for one principal, or an inline policy of a role.
type permission struct {
	method rekeyv1.AccessMethod
	// key is a key's ARN, principal whom it is for; a role's policy has no key, as it may name several.
	key, principal string
	// id is a grant's id, a statement's Sid or a policy's name; name is a grant's.
	id, name string
}

func (p permission) String() string {
	return fmt.Sprintf("%s %s%s for %s on %s", tables.Word(p.method), p.id, p.name, p.principal, p.key)
}

// isOwn reports whether it bears rekey's name.
func (p permission) isOwn() bool {
	return strings.HasPrefix(p.name, "rekey-") || strings.HasPrefix(p.id, "rekey-") || strings.HasPrefix(p.id, "RekeyCanaryRoles")
}

// permissions are those that there are, with their texts.
type permissions map[permission]string

func permissionsOf(s *stage.Stage) (permissions, error) {
	all := permissions{}
	for _, k := range s.Sim.Fleet.Keys {
		key, _ := s.Sim.World.KMS.Key(s.Names.Key(k.Name, k.Account, k.Region))
		if err := all.addPolicy(key.ARN, key.Policy); err != nil {
			return nil, err
		}
		for _, g := range s.Sim.World.KMS.Grants(key.ARN) {
			p := permission{rekeyv1.AccessMethod_ACCESS_METHOD_GRANT, key.ARN, g.Grantee, g.ID, g.Name}
			all[p] = strings.Join(g.Operations, " ")
		}
	}
	for i := range s.Sim.Fleet.Roles {
		role, _ := s.Sim.World.IAM.Role(s.Names.Role(s.Sim.Fleet.Roles[i].Name, s.Sim.Fleet.Roles[i].Account))
		for name, text := range role.Inline {
			all[permission{rekeyv1.AccessMethod_ACCESS_METHOD_ROLE_POLICY, "", role.ARN, name, ""}] = text
		}
	}
	return all, nil
}

// addPolicy adds a key policy's statements, one for each principal.
func (p permissions) addPolicy(key, text string) error {
	var policy struct{ Statement []json.RawMessage }
	if err := json.Unmarshal([]byte(text), &policy); err != nil {
		return fmt.Errorf("policy of %s: %w", key, err)
	}
	for _, raw := range policy.Statement {
		var s struct {
			Sid       string
			Principal struct{ AWS any }
		}
		if err := json.Unmarshal(raw, &s); err != nil {
			return fmt.Errorf("statement of %s: %w", key, err)
		}
		list, ok := s.Principal.AWS.([]any)
		if !ok {
			list = []any{s.Principal.AWS}
		}
		for _, principal := range list {
			p[permission{rekeyv1.AccessMethod_ACCESS_METHOD_KEY_POLICY, key, fmt.Sprint(principal), s.Sid, ""}] = ""
		}
	}
	return nil
}

// access looks at what became of the permissions: of those that were there only what plans list may be gone; what is new
// must be rekey's own, or an old grant that was given again; and what is rekey's own must be named by a report.
func (j *Judge) access(after permissions) {
	listed, granted, withdrawn := j.named()
	was, is := j.permissions.withoutIDs(), after.withoutIDs()
	for _, p := range slices.SortedFunc(maps.Keys(j.permissions), byText) {
		text, there := after[p]
		gone := !there && !is[p.withoutID()] && !listed[p.short()] && !listed[p.byName()] && !j.withheld[p.principal]
		if gone || there && text != j.permissions[p] {
			j.breaks(AccessForeign, "", "%s is gone or other than it was", p)
		}
	}
	for _, p := range slices.SortedFunc(maps.Keys(after), byText) {
		if _, there := j.permissions[p]; there {
			continue
		}
		switch {
		case p.isOwn() && !granted[p.short()]:
			j.breaks(AccessUnnamed, "", "%s; withdrawn, as is told: %t", p, withdrawn[p.short()])
		case p.isOwn(), was[p.withoutID()]:
		default:
			j.breaks(AccessForeign, "", "%s is new", p)
		}
	}
}

func byText(a, b permission) int { return strings.Compare(a.String(), b.String()) }

// withoutID is a grant without its id: one that is given again gets another.
func (p permission) withoutID() permission {
	if p.method == rekeyv1.AccessMethod_ACCESS_METHOD_GRANT {
		p.id = ""
	}
	return p
}

func (p permissions) withoutIDs() map[permission]bool {
	known := map[permission]bool{}
	for one := range p {
		known[one.withoutID()] = true
	}
	return known
}

// short is a permission by what names it in a report: a grant of rekey's by its name, which is its own in every key, since a
// grant that was never answered has no id there; another grant by its id.
func (p permission) short() permission {
	switch p.method {
	case rekeyv1.AccessMethod_ACCESS_METHOD_GRANT:
		if p.isOwn() {
			return permission{method: p.method, key: p.key, principal: p.principal, name: p.name}
		}
		return permission{method: p.method, id: p.id}
	case rekeyv1.AccessMethod_ACCESS_METHOD_ROLE_POLICY:
		return permission{method: p.method, principal: p.principal, id: p.id}
	default:
		return permission{method: p.method, key: p.key, principal: p.principal, id: p.id}
	}
}

// byName is a permission by its name, which a grant that was given again and removed once more keeps, and its id does not.
func (p permission) byName() permission {
	if p.method != rekeyv1.AccessMethod_ACCESS_METHOD_GRANT || p.name == "" {
		return p.short()
	}
	return permission{method: p.method, key: p.key, principal: p.principal, name: p.name}
}

// named are the permissions that reports name: those that plans list for removal, those that were given and are left, and
// those that were withdrawn again.
func (j *Judge) named() (listed, granted, withdrawn map[permission]bool) {
	listed, granted, withdrawn = map[permission]bool{}, map[permission]bool{}, map[permission]bool{}
	for _, t := range j.told {
		for _, c := range t.canary.GetRevokes() {
			listed[short(c)], listed[change(c).byName()] = true, true
		}
		for _, c := range t.canary.GetGrants() {
			granted[short(c)] = true
		}
		for _, c := range t.canary.GetWithdrawn() {
			withdrawn[short(c)] = true
		}
	}
	return listed, granted, withdrawn
}

func short(c *rekeyv1.AccessChange) permission { return change(c).short() }

// change is the permission that a report tells of.
func change(c *rekeyv1.AccessChange) permission {
	id := c.GetGrantId()
	switch c.GetMethod() {
	case rekeyv1.AccessMethod_ACCESS_METHOD_ROLE_POLICY:
		id = c.GetPolicyName()
	case rekeyv1.AccessMethod_ACCESS_METHOD_KEY_POLICY:
		id = c.GetSid()
	default:
	}
	return permission{c.GetMethod(), c.GetKmsKeyArn(), c.GetPrincipalArn(), id, c.GetGrantName()}
}
