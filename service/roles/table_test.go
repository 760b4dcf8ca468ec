package roles_test

import (
	"fmt"
	"testing"

	"rekey/service/roles"
	"rekey/workflows"
)

// table is a table of one rule.
func table(t *testing.T, members, has, accounts string) *roles.Table {
	t.Helper()
	parsed, err := roles.Parse(fmt.Appendf(nil, "rules:\n  - members: [%s]\n    roles: [%s]\n    accounts: [%s]\n", members, has, accounts))
	if err != nil {
		t.Fatal(err)
	}
	return parsed
}

func TestMembers(t *testing.T) {
	tests := map[string]struct {
		members  string
		name     string
		verified bool
		admits   bool
	}{
		"the name itself":              {`"uri:spiffe://a.org/x"`, "uri:spiffe://a.org/x", true, true},
		"another name":                 {`"uri:spiffe://a.org/x"`, "uri:spiffe://a.org/y", true, false},
		"a longer name":                {`"uri:spiffe://a.org/x"`, "uri:spiffe://a.org/xy", true, false},
		"another kind of name":         {`"dns:a.org"`, "email:a.org", true, false},
		"any of several":               {`"dns:a.org", "dns:b.org"`, "dns:b.org", true, true},
		"a star at the end":            {`"uri:spiffe://a.org/*"`, "uri:spiffe://a.org/on-call/x", true, true},
		"a star needs what precedes":   {`"uri:spiffe://a.org/*"`, "uri:spiffe://a.org.evil.com/x", true, false},
		"a star in the middle":         {`"email:*@a.org"`, "email:jane@a.org", true, true},
		"a star needs what follows":    {`"email:*@a.org"`, "email:jane@a.org.evil.com", true, false},
		"a star may stand for nothing": {`"dns:a*.org"`, "dns:a.org", true, true},
		"two stars":                    {`"dns:*.a.*"`, "dns:x.y.a.org", true, true},
		"a dot is a dot":               {`"dns:a.org"`, "dns:axorg", true, false},
		"a star in the name":           {`"dns:a.a.org"`, "dns:*.a.org", true, false},
		"everybody":                    {`"*"`, "dns:a.org", true, true},
		"everybody, unverified":        {`"*"`, "jane", false, true},
		"everybody, without a name":    {`"*"`, "", false, true},
		"unverified":                   {`"dns:a.org"`, "dns:a.org", false, false},
		"unverified, and a pattern":    {`"**"`, "dns:a.org", false, false},
		"without a name":               {`"**"`, "", false, false},
	}
	for reason, test := range tests {
		t.Run(reason, func(t *testing.T) {
			reach := table(t, test.members, "reader", `"*"`).Reach(workflows.Caller{Name: test.name, Verified: test.verified}, roles.Reader)
			if reach.IsEverywhere() != test.admits || reach.IsNowhere() == test.admits {
				t.Errorf("%s admits %q (verified: %t): %t, want %t", test.members, test.name, test.verified, !test.admits, test.admits)
			}
		})
	}
}

func TestAnyNameCountsUnderDevelopment(t *testing.T) {
	strict := table(t, `"jane"`, "operator", `"*"`)
	for name, want := range map[string]bool{"jane": true, "joe": false, "": false} {
		caller := workflows.Caller{Name: name}
		if got := strict.WithAnyName().Reach(caller, roles.Operator).IsEverywhere(); got != want {
			t.Errorf("under development %q is an operator: %t, want %t", name, got, want)
		}
		if !strict.Reach(caller, roles.Operator).IsNowhere() {
			t.Errorf("%q, whom nobody verified, is an operator", name)
		}
	}
}

func TestRoles(t *testing.T) {
	caller := workflows.Caller{Name: "dns:a.org", Verified: true}
	for _, has := range roles.All() {
		for _, wanted := range roles.All() {
			want := has == wanted || wanted == roles.Reader
			if got := table(t, `"*"`, string(has), `"*"`).Reach(caller, wanted).IsEverywhere(); got != want {
				t.Errorf("who has %s may do what %s is for: %t, want %t", has, wanted, got, want)
			}
		}
	}
}

func TestCovers(t *testing.T) {
	const a, b = "111111111111", "222222222222"
	tests := map[string]struct {
		accounts string
		scope    roles.Scope
		missing  string
		covers   bool
	}{
		"every account covers one":                     {`"*"`, roles.In([]string{a}, nil), "", true},
		"every account covers those not known yet":     {`"*"`, roles.Everywhere(), "", true},
		"listed ones don't cover those not known yet":  {`"` + a + `"`, roles.Everywhere(), roles.Anywhere, false},
		"the listed one":                               {`"` + a + `"`, roles.In([]string{a}, nil), "", true},
		"another one":                                  {`"` + a + `"`, roles.In([]string{b}, nil), b, false},
		"one of two is not enough":                     {`"` + a + `"`, roles.In([]string{b, a}, nil), b, false},
		"both":                                         {`"` + a + `", "` + b + `"`, roles.In([]string{b, a}, nil), "", true},
		"an excluded one is not asked for":             {`"` + a + `"`, roles.In([]string{a, b}, []string{b}), "", true},
		"excluding what is allowed leaves what is not": {`"` + a + `"`, roles.In([]string{a, b}, []string{a}), b, false},
		"none at all":                                  {`"` + a + `"`, roles.In(nil, nil), "", true},
	}
	for reason, test := range tests {
		t.Run(reason, func(t *testing.T) {
			reach := table(t, `"*"`, "reader", test.accounts).Reach(workflows.Caller{}, roles.Reader)
			if missing, ok := reach.Covers(test.scope); ok != test.covers || missing != test.missing {
				t.Errorf("covered: %t, missing %q; want %t, %q", ok, missing, test.covers, test.missing)
			}
		})
	}
}

func TestRulesAddUp(t *testing.T) {
	parsed, err := roles.Parse([]byte(`
rules:
  - {members: ["dns:a.org"], roles: [operator], accounts: ["111111111111"]}
  - {members: ["dns:*"], roles: [operator], accounts: ["222222222222"]}
  - {members: ["*"], roles: [reader], accounts: ["333333333333"]}
`))
	if err != nil {
		t.Fatal(err)
	}
	caller := workflows.Caller{Name: "dns:a.org", Verified: true}
	if missing, ok := parsed.Reach(caller, roles.Operator).Covers(roles.In([]string{"111111111111", "222222222222"}, nil)); !ok {
		t.Errorf("two rules for one caller leave out %s", missing)
	}
	all := []string{"111111111111", "222222222222", "333333333333"}
	if missing, ok := parsed.Reach(caller, roles.Operator).Covers(roles.In(all, nil)); ok || missing != "333333333333" {
		t.Errorf("reading is taken for operating: %q, %t", missing, ok)
	}
	if missing, ok := parsed.Reach(caller, roles.Reader).Covers(roles.In(all, nil)); !ok {
		t.Errorf("the caller may not read %s", missing)
	}
	if !parsed.Reach(workflows.Caller{}, roles.Operator).IsNowhere() {
		t.Error("a caller without a name operates")
	}
}

func TestNoTableAllowsEverything(t *testing.T) {
	var none *roles.Table
	for _, role := range roles.All() {
		if !none.Reach(workflows.Caller{}, role).IsEverywhere() {
			t.Errorf("without a table nobody is %s", role)
		}
	}
}
