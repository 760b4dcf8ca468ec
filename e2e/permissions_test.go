package e2e

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	rekeyv1 "rekey/gen/rekey/v1"
)

// permissions are key policies' statements, grants and role policies, by a name each.
type permissions map[string]string

// all are the permissions that there are.
func (s *stack) all() permissions {
	s.t.Helper()
	all := permissions{}
	for _, k := range s.sim.Fleet.Keys {
		key, _ := s.sim.World.KMS.Key(s.names.Key(k.Name, k.Account, k.Region))
		for sid, text := range statementsOf(s.t, key.Policy) {
			all["statement "+sid+" of "+key.ARN] = text
		}
		for _, g := range s.sim.World.KMS.Grants(key.ARN) {
			all["grant "+g.ID+" of "+key.ARN] = g.Grantee + " " + g.Name
		}
	}
	for i := range s.sim.Fleet.Roles {
		role, _ := s.sim.World.IAM.Role(s.names.Role(s.sim.Fleet.Roles[i].Name, s.sim.Fleet.Roles[i].Account))
		for name, text := range role.Inline {
			all["policy "+name+" of "+role.ARN] = text
		}
	}
	return all
}

// changedOutside is what became of permissions that is not in the plan: of those that were there before, only what canaries'
// plans list may be gone, and only what rekey owns may be new.
func (s *stack) changedOutside(before permissions, canaries map[string]*rekeyv1.Canary) string {
	s.t.Helper()
	listed := map[string]bool{}
	for _, c := range canaries {
		for _, r := range c.GetRevokes() {
			listed["grant "+r.GetGrantId()+" of "+r.GetKmsKeyArn()] = true
			listed["statement "+r.GetSid()+" of "+r.GetKmsKeyArn()] = true
			listed["policy "+r.GetPolicyName()+" of "+r.GetPrincipalArn()] = true
		}
	}
	after := s.all()
	var wrong []string
	known := map[string]bool{}
	for name, text := range before {
		known[about(name, text)] = true
	}
	for name, text := range before {
		if now, there := after[name]; now != text && (there || !listed[name]) {
			wrong = append(wrong, name)
		}
	}
	for name, text := range after {
		_, there := before[name]
		own := strings.HasPrefix(name, "statement RekeyCanaryRoles ") || strings.HasPrefix(name, "policy rekey-") ||
			strings.HasPrefix(name, "grant ") && strings.Contains(text, " rekey-")
		restored := strings.HasPrefix(name, "grant ") && known[about(name, text)]
		if !there && !own && !restored {
			wrong = append(wrong, name+" is new")
		}
	}
	slices.Sort(wrong)
	return strings.Join(wrong, ", ")
}

// about is what a permission is without its id: a grant that is restored gets another.
func about(name, text string) string {
	_, resource, _ := strings.Cut(name, " of ")
	return resource + " " + text
}

func statementsOf(t *testing.T, policy string) map[string]string {
	t.Helper()
	var doc struct{ Statement []json.RawMessage }
	if err := json.Unmarshal([]byte(policy), &doc); err != nil {
		t.Fatal(err)
	}
	list := map[string]string{}
	for _, raw := range doc.Statement {
		var s struct{ Sid string }
		if err := json.Unmarshal(raw, &s); err != nil {
			t.Fatal(err)
		}
		list[s.Sid] = string(raw)
	}
	return list
}
