package report

import (
	"slices"
	"strings"

	rekeyv1 "rekey/gen/rekey/v1"
	"rekey/internal/tables"
)

// access is what was given to and taken from the role of a migrated canary, in a few words.
func access(c *rekeyv1.Canary) string {
	var parts []string
	if given := methods(c.GetGrants()); given != "" {
		parts = append(parts, "given: "+given)
	}
	switch old := c.GetOldAccess(); old.GetState() {
	case rekeyv1.OldAccessState_OLD_ACCESS_STATE_REVOKED, rekeyv1.OldAccessState_OLD_ACCESS_STATE_WATCHED:
		parts = append(parts, "removed: "+methods(old.GetRevoked()))
		if old.GetState() == rekeyv1.OldAccessState_OLD_ACCESS_STATE_WATCHED {
			parts = append(parts, "being watched")
		}
	case rekeyv1.OldAccessState_OLD_ACCESS_STATE_NONE:
		parts = append(parts, "nothing to remove")
	default:
	}
	return plain(strings.Join(parts, "; "))
}

// methods names each kind of access once.
func methods(changes []*rekeyv1.AccessChange) string {
	var kinds []string
	for _, change := range changes {
		if kind := tables.Word(change.GetMethod()); !slices.Contains(kinds, kind) {
			kinds = append(kinds, kind)
		}
	}
	return strings.Join(kinds, ", ")
}

// permission is one permission with whatever finds it in AWS.
func permission(a *rekeyv1.AccessChange) string {
	parts := []string{tables.Word(a.GetMethod())}
	for _, named := range []struct{ what, value string }{
		{"", a.GetGrantName()}, {"id", a.GetGrantId()}, {"", a.GetPolicyName()}, {"Sid", a.GetSid()},
		{"of", a.GetPrincipalArn()}, {"on", a.GetKmsKeyArn()}, {"on", a.GetArtifactLocation()},
	} {
		if named.value != "" {
			parts = append(parts, strings.TrimSpace(named.what+" "+named.value))
		}
	}
	for _, mark := range []struct {
		is   bool
		text string
	}{{a.GetDecryptOnly(), "(Decrypt alone)"}, {a.GetForeign(), "(not made by rekey)"}, {a.GetExisted(), "(existed before)"}} {
		if mark.is {
			parts = append(parts, mark.text)
		}
	}
	return strings.Join(parts, " ")
}
