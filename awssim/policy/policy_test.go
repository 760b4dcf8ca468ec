package policy_test

import (
	"testing"

	"rekey/awssim/identity"
	"rekey/awssim/policy"
)

const (
	account = "111111111111"
	role    = "arn:aws:iam::111111111111:role/path/canary"
	session = "arn:aws:sts::111111111111:assumed-role/canary/run"
	bucket  = "arn:aws:s3:::artifacts"
)

var caller = identity.Role(role, "run")

func parse(t *testing.T, doc string, kind policy.Kind) *policy.Policy {
	t.Helper()
	p, err := policy.Parse(doc, kind)
	if err != nil {
		t.Fatalf("%s: %v", doc, err)
	}
	return p
}

func statement(s string) string { return `{"Version":"2012-10-17","Statement":[` + s + `]}` }

func TestActionsAndResources(t *testing.T) {
	tests := map[string]struct {
		statement        string
		action, resource string
		want             policy.Verdict
	}{
		"same":                      {`{"Effect":"Allow","Action":"s3:PutObject","Resource":"` + bucket + `/*"}`, "s3:PutObject", bucket + "/a/b", policy.Verdict{Allowed: true}},
		"action in another case":    {`{"Effect":"Allow","Action":"S3:putobject","Resource":"*"}`, "s3:PutObject", bucket, policy.Verdict{Allowed: true}},
		"resource in another case":  {`{"Effect":"Allow","Action":"*","Resource":"arn:aws:s3:::Artifacts"}`, "s3:PutObject", bucket, policy.Verdict{}},
		"action by wildcards":       {`{"Effect":"Allow","Action":["kms:*","s3:P?tO*"],"Resource":"*"}`, "s3:PutObject", bucket, policy.Verdict{Allowed: true}},
		"another action":            {`{"Effect":"Allow","Action":"s3:Put","Resource":"*"}`, "s3:PutObject", bucket, policy.Verdict{}},
		"bucket isn't object":       {`{"Effect":"Allow","Action":"s3:*","Resource":"` + bucket + `"}`, "s3:PutObject", bucket + "/a", policy.Verdict{}},
		"not action":                {`{"Effect":"Deny","NotAction":"s3:Get*","Resource":"*"}`, "s3:PutObject", bucket, policy.Verdict{Denied: true}},
		"not action, excepted":      {`{"Effect":"Deny","NotAction":"s3:Put*","Resource":"*"}`, "s3:PutObject", bucket, policy.Verdict{}},
		"not resource":              {`{"Effect":"Allow","Action":"*","NotResource":"arn:aws:s3:::other/*"}`, "s3:PutObject", bucket, policy.Verdict{Allowed: true}},
		"not resource, excepted":    {`{"Effect":"Allow","Action":"*","NotResource":"` + bucket + `*"}`, "s3:PutObject", bucket, policy.Verdict{}},
		"variable closes an Allow":  {`{"Effect":"Allow","Action":"*","Resource":"arn:aws:s3:::${aws:username}*"}`, "s3:PutObject", bucket, policy.Verdict{}},
		"variable doesn't open":     {`{"Effect":"Deny","Action":"*","Resource":"arn:aws:s3:::${aws:username}*"}`, "s3:PutObject", bucket, policy.Verdict{Denied: true}},
		"both effects in one":       {`{"Effect":"Allow","Action":"*","Resource":"*"},{"Effect":"Deny","Action":"s3:PutObject","Resource":"*"}`, "s3:PutObject", bucket, policy.Verdict{Allowed: true, Denied: true}},
		"deny elsewhere is nothing": {`{"Effect":"Deny","Action":"s3:PutObject","Resource":"arn:aws:s3:::other"}`, "s3:PutObject", bucket, policy.Verdict{}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			p := parse(t, statement(tt.statement), policy.Identity)
			if got := p.Evaluate(policy.Query{Principal: caller, Action: tt.action, Resource: tt.resource}); got != tt.want {
				t.Errorf("verdict %+v, want %+v", got, tt.want)
			}
		})
	}
}

func TestPrincipals(t *testing.T) {
	allowed, delegated, denied := policy.Verdict{Allowed: true}, policy.Verdict{Delegated: true}, policy.Verdict{Denied: true}
	tests := map[string]struct {
		element string
		caller  identity.Principal
		want    policy.Verdict
	}{
		"everybody":                    {`"Effect":"Allow","Principal":"*"`, caller, allowed},
		"everybody in AWS":             {`"Effect":"Allow","Principal":{"AWS":"*"}`, caller, allowed},
		"the role":                     {`"Effect":"Allow","Principal":{"AWS":["` + role + `"]}`, caller, allowed},
		"the session":                  {`"Effect":"Allow","Principal":{"AWS":"` + session + `"}`, caller, allowed},
		"another session":              {`"Effect":"Allow","Principal":{"AWS":"` + session + `2"}`, caller, policy.Verdict{}},
		"the account":                  {`"Effect":"Allow","Principal":{"AWS":"` + account + `"}`, caller, delegated},
		"the account's root":           {`"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::` + account + `:root"}`, caller, delegated},
		"root as itself":               {`"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::` + account + `:root"}`, identity.Root(account), allowed},
		"another account":              {`"Effect":"Allow","Principal":{"AWS":"222222222222"}`, caller, policy.Verdict{}},
		"a service":                    {`"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"}`, caller, policy.Verdict{}},
		"deny to the account":          {`"Effect":"Deny","Principal":{"AWS":"` + account + `"}`, caller, denied},
		"deny to all but the role":     {`"Effect":"Deny","NotPrincipal":{"AWS":["` + role + `","` + account + `"]}`, caller, policy.Verdict{}},
		"deny to all but another":      {`"Effect":"Deny","NotPrincipal":{"AWS":"` + role + `2"}`, caller, denied},
		"allow to all but is not read": {`"Effect":"Allow","NotPrincipal":{"AWS":"` + role + `2"}`, caller, policy.Verdict{}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			p := parse(t, statement(`{`+tt.element+`,"Action":"*","Resource":"*"}`), policy.Resource)
			if got := p.Evaluate(policy.Query{Principal: tt.caller, Action: "s3:PutObject", Resource: bucket}); got != tt.want {
				t.Errorf("verdict %+v, want %+v", got, tt.want)
			}
		})
	}
}

func TestConditions(t *testing.T) {
	values := map[string][]string{
		"one": {"a"}, "many": {"a", "b"}, "flag": {"true"}, "arn": {"arn:aws:iam::111111111111:role/x"},
	}
	tests := map[string]struct {
		condition string
		want      bool
	}{
		"equals":                        {`"StringEquals":{"One":"a"}`, true},
		"equals one of":                 {`"StringEquals":{"one":["x","a"]}`, true},
		"equals another":                {`"StringEquals":{"one":"A"}`, false},
		"equals, ignoring case":         {`"StringEqualsIgnoreCase":{"one":"A"}`, true},
		"equals, missing":               {`"StringEquals":{"none":"a"}`, false},
		"equals if exists, missing":     {`"StringEqualsIfExists":{"none":"a"}`, true},
		"equals if exists, another":     {`"StringEqualsIfExists":{"one":"b"}`, false},
		"not equals":                    {`"StringNotEquals":{"one":"b"}`, true},
		"not equals any of":             {`"StringNotEquals":{"one":["a","b"]}`, false},
		"not equals, missing":           {`"StringNotEquals":{"none":"a"}`, true},
		"not equals if exists, missing": {`"StringNotEqualsIfExists":{"none":"a"}`, true},
		"like":                          {`"StringLike":{"arn":"*role/?"}`, true},
		"not like":                      {`"StringNotLike":{"arn":"*role/?"}`, false},
		"bool":                          {`"Bool":{"flag":"True"}`, true},
		"bool without quotes":           {`"Bool":{"flag":true}`, true},
		"bool, missing":                 {`"Bool":{"none":"false"}`, false},
		"bool if exists, missing":       {`"BoolIfExists":{"none":"false"}`, true},
		"null":                          {`"Null":{"none":"true"}`, true},
		"null, but exists":              {`"Null":{"one":"true"}`, false},
		"not null":                      {`"Null":{"one":"false"}`, true},
		"arn like":                      {`"ArnLike":{"arn":"arn:aws:iam::*:role/*"}`, true},
		"arn like across a colon":       {`"ArnLike":{"arn":"arn:aws:*:role/*"}`, false},
		"arn not equals":                {`"ArnNotEquals":{"arn":"arn:aws:iam::111111111111:role/x"}`, false},
		"all values":                    {`"ForAllValues:StringEquals":{"many":["a","b","c"]}`, true},
		"all values, one too many":      {`"ForAllValues:StringEquals":{"many":["a"]}`, false},
		"all values, missing":           {`"ForAllValues:StringEquals":{"none":["a"]}`, true},
		"all values like":               {`"ForAllValues:StringLike":{"many":["?"]}`, true},
		"no value of all":               {`"ForAllValues:StringNotEquals":{"many":["b"]}`, false},
		"any value":                     {`"ForAnyValue:StringEquals":{"many":["b","c"]}`, true},
		"any value, none":               {`"ForAnyValue:StringEquals":{"many":["c"]}`, false},
		"any value, missing":            {`"ForAnyValue:StringEquals":{"none":["c"]}`, false},
		"any value that isn't":          {`"ForAnyValue:StringNotEquals":{"many":["a"]}`, true},
		"two operators, one false":      {`"StringEquals":{"one":"a"},"Bool":{"flag":"false"}`, false},
		"two keys, both true":           {`"StringEquals":{"one":"a","flag":"true"}`, true},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			for effect, want := range map[string]policy.Verdict{"Allow": {Allowed: tt.want}, "Deny": {Denied: tt.want}} {
				p := parse(t, statement(`{"Effect":"`+effect+`","Action":"*","Resource":"*","Condition":{`+tt.condition+`}}`), policy.Identity)
				if got := p.Evaluate(policy.Query{Principal: caller, Action: "a:b", Resource: "*", Values: values}); got != want {
					t.Errorf("%s: verdict %+v, want %+v", effect, got, want)
				}
			}
		})
	}
}

func TestWhatIsNotUnderstoodCloses(t *testing.T) {
	for _, condition := range []string{
		`"IpAddress":{"aws:SourceIp":"10.0.0.0/8"}`, `"DateLessThan":{"aws:CurrentTime":"2030-01-01T00:00:00Z"}`,
		`"NumericLessThanIfExists":{"s3:max-keys":"10"}`, `"StringEquals":{"aws:username":"${aws:username}"}`,
	} {
		for effect, want := range map[string]policy.Verdict{"Allow": {}, "Deny": {Denied: true}} {
			p := parse(t, statement(`{"Effect":"`+effect+`","Action":"*","Resource":"*","Condition":{`+condition+`}}`), policy.Identity)
			if got := p.Evaluate(policy.Query{Principal: caller, Action: "a:b", Resource: "*"}); got != want {
				t.Errorf("%s with %s: verdict %+v, want %+v", effect, condition, got, want)
			}
		}
	}
}

func TestParseRefuses(t *testing.T) {
	const ok = `"Effect":"Allow","Action":"s3:*","Resource":"*"`
	tests := map[string]struct {
		doc  string
		kind policy.Kind
	}{
		"nothing":                    {``, policy.Identity},
		"null":                       {`null`, policy.Identity},
		"more behind it":             {statement(`{`+ok+`}`) + `{}`, policy.Identity},
		"no statement":               {`{"Version":"2012-10-17"}`, policy.Identity},
		"another version":            {`{"Version":"2013-01-01","Statement":{` + ok + `}}`, policy.Identity},
		"unknown element":            {statement(`{` + ok + `,"Also":1}`), policy.Identity},
		"unknown top element":        {`{"Statements":[],"Statement":[]}`, policy.Identity},
		"no effect":                  {statement(`{"Action":"s3:*","Resource":"*"}`), policy.Identity},
		"another effect":             {statement(`{"Effect":"allow","Action":"s3:*","Resource":"*"}`), policy.Identity},
		"no action":                  {statement(`{"Effect":"Allow","Resource":"*"}`), policy.Identity},
		"action without service":     {statement(`{"Effect":"Allow","Action":"PutObject","Resource":"*"}`), policy.Identity},
		"action and not action":      {statement(`{` + ok + `,"NotAction":"s3:Get*"}`), policy.Identity},
		"no resource":                {statement(`{"Effect":"Allow","Action":"s3:*"}`), policy.Identity},
		"resource no ARN":            {statement(`{"Effect":"Allow","Action":"s3:*","Resource":"bucket"}`), policy.Identity},
		"empty list":                 {statement(`{"Effect":"Allow","Action":[],"Resource":"*"}`), policy.Identity},
		"principal in identity":      {statement(`{` + ok + `,"Principal":"*"}`), policy.Identity},
		"no principal in resource":   {statement(`{` + ok + `}`), policy.Resource},
		"wildcard in principal":      {statement(`{` + ok + `,"Principal":{"AWS":"arn:aws:iam::111111111111:role/*"}}`), policy.Resource},
		"principal kind":             {statement(`{` + ok + `,"Principal":{"Aws":"*"}}`), policy.Resource},
		"resource in trust":          {statement(`{` + ok + `,"Principal":"*"}`), policy.Trust},
		"unknown operator":           {statement(`{` + ok + `,"Condition":{"StringMatches":{"a":"b"}}}`), policy.Identity},
		"null if exists":             {statement(`{` + ok + `,"Condition":{"NullIfExists":{"a":"true"}}}`), policy.Identity},
		"condition value an object":  {statement(`{` + ok + `,"Condition":{"StringEquals":{"a":{}}}}`), policy.Identity},
		"statement a list of a list": {`{"Statement":[[]]}`, policy.Identity},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if _, err := policy.Parse(tt.doc, tt.kind); err == nil {
				t.Errorf("%s was taken", tt.doc)
			}
		})
	}
}

func TestKeyPolicyStatementWithoutActionIsIneffective(t *testing.T) {
	p := parse(t, statement(`{"Effect":"Deny","Principal":"*","Resource":"*"},{"Effect":"Deny","Principal":"*","Action":"kms:*"}`), policy.Key)
	if got := p.Evaluate(policy.Query{Principal: caller, Action: "kms:Decrypt", Resource: "*"}); got != (policy.Verdict{}) {
		t.Errorf("verdict %+v, want none", got)
	}
}

func TestPrincipalsAreListed(t *testing.T) {
	p := parse(t, statement(`{"Effect":"Allow","Principal":{"AWS":["111111111111","`+role+`","*"],"Service":"x.amazonaws.com"},"Action":"kms:*","Resource":"*"}`), policy.Key)
	names := map[string]bool{}
	for _, n := range p.Principals() {
		names[n] = true
	}
	if len(names) != 2 || !names[role] || !names["arn:aws:iam::111111111111:root"] {
		t.Errorf("%v", names)
	}
}

func TestGlob(t *testing.T) {
	for _, tt := range []struct {
		pattern, text string
		want          bool
	}{
		{"", "", true}, {"*", "", true}, {"?", "", false}, {"a*b*c", "aXbXbXc", true}, {"a*b*c", "aXbXb", false},
		{"**a", "ba", true}, {"a?c", "abc", true}, {"a?c", "ac", false}, {"*a*a*a*a*b", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", false},
	} {
		if got := policy.Glob(tt.pattern, tt.text); got != tt.want {
			t.Errorf("Glob(%q, %q) = %t", tt.pattern, tt.text, got)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add(statement(`{"Effect":"Allow","Principal":{"AWS":"*"},"Action":["kms:*"],"Resource":"*","Condition":{"ForAllValues:StringLikeIfExists":{"a":["b*",true,1]}}}`))
	f.Add(statement(`{"Sid":"x","Effect":"Deny","NotPrincipal":{"AWS":"111111111111"},"NotAction":"s3:*","NotResource":"arn:aws:s3:::x"}`))
	f.Fuzz(func(t *testing.T, doc string) {
		for _, kind := range []policy.Kind{policy.Identity, policy.Resource, policy.Trust, policy.Key} {
			p, err := policy.Parse(doc, kind)
			if err != nil {
				continue
			}
			p.Evaluate(policy.Query{Principal: caller, Action: "kms:Decrypt", Resource: bucket, Values: map[string][]string{"a": {"b"}}})
			p.Principals()
		}
	})
}
