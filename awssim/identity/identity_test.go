package identity_test

import (
	"testing"

	"rekey/awssim/identity"
)

func TestPrincipals(t *testing.T) {
	session := identity.Role("arn:aws:iam::111111111111:role/a/b/canary", "run")
	root := identity.Root("111111111111")
	if got := session.CallerARN(); got != "arn:aws:sts::111111111111:assumed-role/canary/run" {
		t.Errorf("session is shown as %s", got)
	}
	if session.Account != "111111111111" || !session.IsRole() || session.IsRoot() || root.IsRole() || !root.IsRoot() {
		t.Errorf("%+v, %+v", session, root)
	}
}

func FuzzParseARN(f *testing.F) {
	f.Add("arn:aws:kms:eu-west-1:111111111111:key/a:b")
	f.Add("arn:aws:s3:::bucket/key")
	f.Add("arn::::::")
	f.Fuzz(func(t *testing.T, text string) {
		arn, ok := identity.ParseARN(text)
		if ok && arn.String() != text {
			t.Errorf("%q became %q", text, arn)
		}
		if ok && identity.AccountOf(text) != arn.Account {
			t.Errorf("%q is of %q and of %q", text, identity.AccountOf(text), arn.Account)
		}
	})
}
