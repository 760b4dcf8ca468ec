package arn

import "testing"

const key = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"

func TestParse(t *testing.T) {
	a, err := Parse(key)
	if err != nil || a.Account != "111122223333" || a.Region != "eu-west-1" || a.String() != key {
		t.Fatalf("got %+v, %v", a, err)
	}
	for _, bad := range []string{"", "arn", "arn:aws:kms:r:a", "arn:gcp:kms:r:a:key/1", "arn:aws::r:a:x", "arn:aws:kms:r:a:"} {
		if _, err := Parse(bad); err == nil {
			t.Errorf("%q was taken for an ARN", bad)
		}
	}
}

func TestKinds(t *testing.T) {
	for s, want := range map[string][2]bool{
		key: {true, false},
		"arn:aws:kms:eu-west-1:111122223333:alias/artifacts":         {false, true},
		"arn:aws-us-gov:kms:us-gov-west-1:111122223333:key/mrk-1234": {true, false},
		"1234abcd-12ab-34cd-56ef-1234567890ab":                       {false, false},
		"arn:aws:s3:::bucket":                                        {false, false},
	} {
		if IsKey(s) != want[0] || IsAlias(s) != want[1] {
			t.Errorf("%s: key %v, alias %v; want %v", s, IsKey(s), IsAlias(s), want)
		}
	}
	if got := RoleName("arn:aws:iam::111122223333:role/service-role/canary"); got != "canary" {
		t.Errorf("role name %q", got)
	}
	if got := RoleName("arn:aws:iam::111122223333:user/canary"); got != "" {
		t.Errorf("a user's role name %q", got)
	}
}

func TestLocations(t *testing.T) {
	for s, want := range map[string]string{
		"s3://bucket/prefix/": "bucket/prefix", "bucket": "bucket", "bucket/a/b": "bucket/a/b",
		"s3://": "", "s3://Bucket/x": "", "b.c/x": "", "bucket/a//b": "", "bucket/../x": "", "bucket/a b": "", "-bucket/x": "",
	} {
		l, err := ParseLocation(s)
		if (err != nil) != (want == "") || l.String() != want && err == nil {
			t.Errorf("%q: got %q, %v; want %q", s, l, err, want)
		}
	}
	for _, c := range []struct {
		location, other string
		want            bool
	}{{"b/p", "b/p", true}, {"b/p", "b/p/x", true}, {"b/p", "b/px", false}, {"b", "b/p", true}, {"b/p", "b", false}} {
		if Covers(c.location, c.other) != c.want {
			t.Errorf("%s covers %s: want %v", c.location, c.other, c.want)
		}
	}
}

func TestExpand(t *testing.T) {
	values := map[string]string{"account": "1", "name": "shop"}
	for template, want := range map[string]string{
		"s3://b-{account}/{name}": "s3://b-1/shop", "plain": "plain", "{region}": "", "{account": "", "account}": "", "{{name}}": "",
	} {
		got, err := Expand(template, values)
		if got != want || (err == nil) != (want != "") {
			t.Errorf("%q: got %q, %v; want %q", template, got, err, want)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add(key)
	f.Add("arn:aws:s3:::b/k:v")
	f.Fuzz(func(t *testing.T, s string) {
		if a, err := Parse(s); err == nil && a.String() != s {
			t.Errorf("%q is written as %q", s, a)
		}
		if IsKey(s) && (Region(s) == "" || Account(s) == "") && s[:5] != "arn::" {
			t.Errorf("%q is a key without Region or account", s)
		}
	})
}

func FuzzParseLocation(f *testing.F) {
	f.Add("s3://bucket/prefix/")
	f.Add("bucket")
	f.Fuzz(func(t *testing.T, s string) {
		l, err := ParseLocation(s)
		if err != nil {
			return
		}
		for _, again := range []string{l.String(), l.URI(), l.String() + "/"} {
			if len(again) > maxLocation {
				continue
			}
			if m, err := ParseLocation(again); err != nil || m != l {
				t.Errorf("%q: %q reads back as %v, %v", s, again, m, err)
			}
		}
		if !Covers(l.String(), l.String()+"/x") || Covers(l.String(), l.String()+"x") {
			t.Errorf("%q covers by characters, not by elements", s)
		}
	})
}

func FuzzExpand(f *testing.F) {
	f.Add("a{name}b")
	f.Fuzz(func(t *testing.T, s string) {
		got, err := Expand(s, map[string]string{"name": "n"})
		if err == nil && (len(got) > len(s) || got != s && len(got) == len(s)) {
			t.Errorf("%q became %q", s, got)
		}
	})
}
