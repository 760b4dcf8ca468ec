package point

import (
	"encoding/json"
	"net/url"
	"slices"
	"strings"

	"rekey/awssim/fleet"
	"rekey/awssim/wire"
)

// OfCall is the point of a call of AWS that changes something, false for another.
func OfCall(names Names, operation string, c *wire.Call, moment Moment) (Event, bool) {
	play := names.Play(c.Principal.Account)
	if play == 0 || !strings.Contains(c.Principal.ARN, "/"+fleet.MemberRole) || looks(operation) {
		return Event{}, false
	}
	subject := names.Common(c.Principal.Account) + "/" + c.Region + " " + names.Common(about(c))
	return Event{play, Point{Call, operation, moment, subject}}, true
}

// looks reports whether an operation changes nothing, by the beginning of its name.
func looks(operation string) bool {
	return slices.ContainsFunc([]string{"Get", "List", "Describe", "Head"}, func(verb string) bool {
		return strings.HasPrefix(operation, verb)
	})
}

// about is what a call is about, in the words of its protocol: a path, a form's role and policy, a key and a principal.
func about(c *wire.Call) string {
	var key struct{ KeyID, GranteePrincipal string }
	if json.Unmarshal(c.Body, &key) == nil && key.KeyID != "" {
		return strings.TrimSpace(key.KeyID + " " + key.GranteePrincipal)
	}
	if form, err := url.ParseQuery(string(c.Body)); err == nil && form.Get("RoleName") != "" {
		return form.Get("RoleName")
	}
	return c.HTTP.URL.Path
}
