package policydoc

import (
	"slices"
	"strings"
	"testing"
)

const (
	role    = "arn:aws:iam::111122223333:role/canary"
	viewer  = "arn:aws:iam::111122223333:role/viewer"
	key     = "arn:aws:kms:eu-west-1:111122223333:key/1234"
	account = "111122223333"
)

func parse(t *testing.T, text string) Document {
	t.Helper()
	d, err := Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

const keyPolicy = `{"Version":"2012-10-17","Id":"k","Statement":[
 {"Sid":"Root","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:root"},"Action":"kms:*","Resource":"*"},
 {"Sid":"Viewers","Effect":"Allow","Principal":{"AWS":["arn:aws:iam::111122223333:role/viewer"]},"Action":["kms:Decrypt"],"Resource":"*"},
 {"Sid":"ViaS3","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:role/canary"},"Action":"kms:GenerateDataKey*","Resource":"*",
  "Condition":{"StringEquals":{"kms:ViaService":"s3.eu-west-1.amazonaws.com"}}},
 {"Sid":"NoTests","Effect":"Deny","Principal":"*","Action":"kms:Decrypt","Resource":"*","Condition":{"StringLike":{"aws:PrincipalArn":"*:role/test-*"}}}]}`

func TestKeyPolicy(t *testing.T) {
	d := parse(t, keyPolicy)
	ctx := Context{"kms:viaservice": {"s3.eu-west-1.amazonaws.com"}, "aws:principalarn": {role}}
	for name, test := range map[string]struct {
		got  Decision
		want Decision
	}{
		"named":             {d.Resource(Request{viewer, "kms:Decrypt", key, Context{"aws:principalarn": {viewer}}}), Decision{Allow, "Viewers"}},
		"a deny in doubt":   {d.Resource(Request{viewer, "kms:Decrypt", key, nil}), Decision{Doubtful, "NoTests"}},
		"condition holds":   {d.Resource(Request{role, "kms:GenerateDataKey", key, ctx}), Decision{Allow, "ViaS3"}},
		"condition unknown": {d.Resource(Request{role, "kms:GenerateDataKey", key, nil}), Decision{Doubtful, "ViaS3"}},
		"condition fails":   {d.Resource(Request{role, "kms:GenerateDataKey", key, Context{"kms:viaservice": {"x"}}}), Decision{}},
		"not named":         {d.Resource(Request{role, "kms:DescribeKey", key, ctx}), Decision{}},
		"delegated":         {d.Delegation(account, Request{role, "kms:GenerateDataKey", key, ctx}), Decision{Allow, "Root"}},
		"another account":   {d.Delegation("999999999999", Request{role, "kms:GenerateDataKey", key, ctx}), Decision{}},
		"denied":            {d.Resource(Request{"arn:aws:iam::1:role/test-1", "kms:Decrypt", key, Context{"aws:principalarn": {"arn:aws:iam::1:role/test-1"}}}), Decision{Deny, "NoTests"}},
	} {
		if test.got != test.want {
			t.Errorf("%s: got %v, want %v", name, test.got, test.want)
		}
	}
}

func TestGrantees(t *testing.T) {
	d := parse(t, `{"Statement":[
 {"Sid":"Root","Effect":"Allow","Principal":{"AWS":["arn:aws:iam::111122223333:root","999999999999"]},"Action":"kms:*","Resource":"*"},
 {"Sid":"Some","Effect":"Allow","Principal":{"AWS":["`+viewer+`","AROAEXAMPLEOFAROLEGONE"],"Service":"logs.amazonaws.com"},"Action":"kms:Decrypt","Resource":"*"},
 {"Sid":"All","Effect":"Allow","Principal":"*","Action":"kms:Decrypt","Resource":"*","Condition":{"StringEquals":{"kms:CallerAccount":"1"},"Bool":{"aws:x":true}}},
 {"Sid":"But","Effect":"Allow","NotPrincipal":{"AWS":"`+role+`"},"Action":"kms:Decrypt","Resource":"*"},
 {"Sid":"Write","Effect":"Allow","Principal":{"AWS":"`+role+`"},"Action":"kms:GenerateDataKey","Resource":"*"},
 {"Sid":"Deny","Effect":"Deny","Principal":{"AWS":"`+role+`"},"Action":"kms:Decrypt","Resource":"*"}]}`)
	want := []Grantee{
		{"arn:aws:iam::111122223333:root", "Root", ""}, {"999999999999", "Root", ""}, {viewer, "Some", ""},
		{"*", "All", "Bool aws:x true; StringEquals kms:CallerAccount 1"}, {"*", "But", ""},
	}
	if got := d.Grantees("kms:Decrypt"); !slices.Equal(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

// TestADenyOfTheAccountIsOneOfItsRoles: an allow for an account's root only delegates, a deny for it denies.
func TestADenyOfTheAccountIsOneOfItsRoles(t *testing.T) {
	const named = `{"Sid":"Use","Effect":"Allow","Principal":{"AWS":"` + role + `"},"Action":"kms:Decrypt","Resource":"*"}`
	const root = `{"Sid":"Root","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:root"},"Action":"kms:*","Resource":"*"}`
	deny := func(principal, condition string) string {
		return `{"Sid":"No","Effect":"Deny","Principal":` + principal + `,"Action":"kms:Decrypt","Resource":"*"` + condition + `}`
	}
	for name, test := range map[string]struct {
		deny string
		want Effect
	}{
		"its root":            {deny(`{"AWS":"arn:aws:iam::111122223333:root"}`, ""), Deny},
		"its number":          {deny(`{"AWS":"111122223333"}`, ""), Deny},
		"everyone":            {deny(`"*"`, ""), Deny},
		"itself":              {deny(`{"AWS":"`+role+`"}`, ""), Deny},
		"its root, perhaps":   {deny(`{"AWS":"arn:aws:iam::111122223333:root"}`, `,"Condition":{"Bool":{"aws:MultiFactorAuthPresent":"false"}}`), Doubtful},
		"another root":        {deny(`{"AWS":"arn:aws:iam::999999999999:root"}`, ""), Allow},
		"another one":         {deny(`{"AWS":"`+viewer+`"}`, ""), Allow},
		"all but the account": {`{"Sid":"No","Effect":"Deny","NotPrincipal":{"AWS":["` + role + `","111122223333"]},"Action":"kms:*","Resource":"*"}`, Allow},
	} {
		d := parse(t, `{"Statement":[`+named+`,`+root+`,`+test.deny+`]}`)
		request := Request{role, "kms:Decrypt", key, nil}
		if got := d.Resource(request).Effect; got != test.want {
			t.Errorf("%s: by the key's policy got %v, want %v", name, got, test.want)
		}
		if got := d.Delegation(account, request).Effect; got != test.want {
			t.Errorf("%s: by delegation got %v, want %v", name, got, test.want)
		}
	}
}

// TestPolicyVariablesAreNotKnown: what a variable stands for is not known, so an allow with one is not counted on, and a
// deny with one may apply.
func TestPolicyVariablesAreNotKnown(t *testing.T) {
	const object = "arn:aws:s3:::b/team/x"
	statement := func(effect, rest string) string {
		return `{"Statement":[{"Sid":"All","Effect":"Allow","Action":"s3:*","Resource":"*"},{"Sid":"V","Effect":"` + effect + `","Action":"s3:GetObject",` + rest + `}]}`
	}
	const (
		resource  = `"Resource":"arn:aws:s3:::b/${aws:PrincipalTag/team}/*"`
		elsewhere = `"Resource":"arn:aws:s3:::c/${aws:PrincipalTag/team}/*"`
		others    = `"NotResource":"arn:aws:s3:::b/${aws:PrincipalTag/team}/*"`
		equal     = `"Resource":"*","Condition":{"StringEquals":{"aws:PrincipalArn":"${aws:PrincipalTag/owner}"}}`
		unequal   = `"Resource":"*","Condition":{"StringNotEquals":{"aws:PrincipalArn":"${aws:PrincipalTag/owner}"}}`
		either    = `"Resource":"*","Condition":{"StringEquals":{"aws:PrincipalArn":["${aws:PrincipalTag/owner}","` + role + `"]}}`
	)
	for name, test := range map[string]struct {
		rest  string
		allow Effect // where it is all that could allow
		deny  Effect // where it denies something of what is allowed
	}{
		"in the resource":          {resource, Doubtful, Doubtful},
		"in another resource":      {elsewhere, None, Allow},
		"in what is left out":      {others, Doubtful, Doubtful},
		"in a value":               {equal, Doubtful, Doubtful},
		"in a value to differ":     {unequal, Doubtful, Doubtful},
		"beside a value that fits": {either, Allow, Deny},
	} {
		request := Request{role, "s3:GetObject", object, Context{"aws:principalarn": {role}}}
		allow := parse(t, strings.Replace(statement("Allow", test.rest), `"s3:*"`, `"s3:ListBucket"`, 1))
		if got := allow.Identity(request).Effect; got != test.allow {
			t.Errorf("%s, allowing: got %v, want %v", name, got, test.allow)
		}
		if got := parse(t, statement("Deny", test.rest)).Identity(request).Effect; got != test.deny {
			t.Errorf("%s, denying: got %v, want %v", name, got, test.deny)
		}
	}
}

func TestEditsTouchNothingElse(t *testing.T) {
	d := parse(t, keyPolicy)
	text, err := d.With("Rekey", []byte(`{"Sid":"Rekey","Effect":"Allow","Principal":{"AWS":["`+role+`"]},"Action":"kms:Decrypt","Resource":"*"}`))
	if err != nil {
		t.Fatal(err)
	}
	edited := parse(t, text)
	for i, s := range d.Statements {
		if string(s.Raw) != string(edited.Statements[i].Raw) {
			t.Errorf("statement %s was touched", s.Sid)
		}
	}
	if len(edited.Statements) != 5 || edited.ID != "k" || edited.Version != "2012-10-17" {
		t.Errorf("got %d statements, id %q, version %q", len(edited.Statements), edited.ID, edited.Version)
	}
	text, _ = edited.Without("Rekey")
	if !SameJSON(text, keyPolicy) {
		t.Errorf("after all: %s", text)
	}
}

func TestTrust(t *testing.T) {
	lambda := parse(t, `{"Statement":{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}}`)
	if by := lambda.TrustedBy(); len(by) != 0 {
		t.Errorf("trusted by %v", by)
	}
	more := parse(t, `{"Statement":[{"Effect":"Allow","Principal":{"Service":["lambda.amazonaws.com","ec2.amazonaws.com"],"AWS":"111122223333"},"Action":"sts:AssumeRole"}]}`)
	if by := more.TrustedBy(); !slices.Equal(by, []string{"111122223333", "ec2.amazonaws.com"}) {
		t.Errorf("trusted by %v", by)
	}
}

func TestOnlyFor(t *testing.T) {
	for text, want := range map[string]bool{
		`{"Statement":{"Effect":"Allow","Action":["kms:Decrypt","kms:GenerateDataKey"],"Resource":"` + key + `"}}`:                                   true,
		`{"Statement":{"Effect":"Allow","Action":"kms:*","Resource":"*"}}`:                                                                           false,
		`{"Statement":{"Effect":"Allow","Action":["kms:Decrypt","s3:GetObject"],"Resource":"` + key + `"}}`:                                          false,
		`{"Statement":[{"Effect":"Allow","Action":"kms:Decrypt","Resource":"` + key + `"},{"Effect":"Deny","Action":"kms:Decrypt","Resource":"*"}]}`: false,
		`{"Statement":{"Effect":"Allow","NotAction":"s3:*","Resource":"` + key + `"}}`:                                                               false,
		`{"Statement":[]}`: false,
	} {
		if got := parse(t, text).OnlyFor(key); got != want {
			t.Errorf("%s: got %v", text, got)
		}
	}
}

func TestWriteDenied(t *testing.T) {
	deny := func(condition string) string {
		return `{"Statement":{"Sid":"S","Effect":"Deny","Principal":"*","Action":"s3:PutObject","Resource":"arn:aws:s3:::b/*","Condition":{` + condition + `}}}`
	}
	kms := Write{RoleARN: role, Bucket: "b", Prefix: "p", Algorithm: "aws:kms", KeyARN: key}
	s3 := Write{RoleARN: role, Bucket: "b", Prefix: "p", Algorithm: "AES256"}
	managed := Write{RoleARN: role, Bucket: "b", Prefix: "p", Algorithm: "aws:kms"}
	for _, test := range []struct {
		name, policy     string
		kms, s3, managed string // "", "S" or "S?"
	}{
		{"must be aws:kms", deny(`"StringNotEquals":{"s3:x-amz-server-side-encryption":"aws:kms"}`), "", "S", ""},
		{"must be another key", deny(`"StringNotEquals":{"s3:x-amz-server-side-encryption-aws-kms-key-id":"other"}`), "S", "S", "S"},
		{"must be another key if any", deny(`"StringNotEqualsIfExists":{"s3:x-amz-server-side-encryption-aws-kms-key-id":"other"}`), "S", "S", "S"},
		{"must name a key", deny(`"Null":{"s3:x-amz-server-side-encryption-aws-kms-key-id":"true"}`), "", "S", "S"},
		{"must be this key", deny(`"StringNotLike":{"s3:x-amz-server-side-encryption-aws-kms-key-id":"*:key/1234"}`), "", "S", "S"},
		{"plain http", deny(`"Bool":{"aws:SecureTransport":"false"}`), "", "", ""},
		{"from elsewhere", deny(`"StringNotEquals":{"aws:SourceVpce":"vpce-1"}`), "", "", ""},
		{"unencrypted from elsewhere", deny(`"StringNotEquals":{"aws:SourceVpce":"vpce-1","s3:x-amz-server-side-encryption":"aws:kms"}`), "", "S?", ""},
		{"a key of a variable", deny(`"StringNotEquals":{"s3:x-amz-server-side-encryption-aws-kms-key-id":"${aws:PrincipalTag/key}"}`), "S?", "S", "S"},
		{"outright", `{"Statement":{"Sid":"S","Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"*"}}`, "S", "S", "S"},
		{"another prefix", `{"Statement":{"Sid":"S","Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"arn:aws:s3:::b/q/*"}}`, "", "", ""},
	} {
		for want, w := range map[*string]Write{&test.kms: kms, &test.s3: s3, &test.managed: managed} {
			got := ""
			if d := parse(t, test.policy).WriteDenied(w); d != nil {
				got = d.Sid
				if d.Doubtful {
					got += "?"
				}
			}
			if got != *want {
				t.Errorf("%s, %s %s: got %q, want %q", test.name, w.Algorithm, w.KeyARN, got, *want)
			}
		}
	}
}

func TestLength(t *testing.T) {
	if n := Length("{ \"a\" :\n\t1 }"); n != 7 {
		t.Errorf("got %d", n)
	}
}

func FuzzParse(f *testing.F) {
	f.Add(keyPolicy)
	f.Add(`{"Statement":{"Effect":"Deny","Principal":"*","NotAction":"s3:*","Condition":{"Bool":{"a":true}}}}`)
	f.Fuzz(func(t *testing.T, text string) {
		d, err := Parse(text)
		if err != nil {
			return
		}
		d.Resource(Request{role, "kms:Decrypt", key, Context{"a": {"b"}}})
		d.WriteDenied(Write{RoleARN: role, Bucket: "b", Algorithm: "AES256"})
		d.TrustedBy()
		if d.OnlyFor(key) && d.Identity(Request{role, "s3:GetObject", key, nil}).Effect == Allow {
			t.Errorf("%s gives more than a key", text)
		}
		own := `{"Sid":"Rekey","Effect":"Allow"}`
		with, err := d.With("Rekey", []byte(own))
		if err != nil {
			t.Fatal(err)
		}
		edited, err := Parse(with)
		if err != nil {
			t.Fatalf("%s became %s: %v", text, with, err)
		}
		for i, s := range d.Statements {
			if s.Sid != "Rekey" && !strings.Contains(string(s.Raw), "Sid") && string(edited.Statements[i].Raw) != string(s.Raw) {
				t.Errorf("%s was touched: %s", s.Raw, edited.Statements[i].Raw)
			}
		}
	})
}
