package awssim_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awskms "github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"rekey/awssim"
	"rekey/awssim/iam"
	"rekey/awssim/identity"
	"rekey/awssim/journal"
	"rekey/awssim/kms"
)

var cryptoOperations = []types.GrantOperation{types.GrantOperationGenerateDataKey, types.GrantOperationDecrypt}

func grantInput(key, grantee string) *awskms.CreateGrantInput {
	return &awskms.CreateGrantInput{
		KeyId: aws.String(key), GranteePrincipal: aws.String(grantee), Operations: cryptoOperations,
		Name: aws.String("rekey"),
	}
}

func TestDescribeKeyTakesIdsARNsAndAliases(t *testing.T) {
	w := newWorld(t, awssim.Settings{})
	for _, id := range []string{keyL, "11111111-0000-0000-0000-000000000002", "alias/new", "arn:aws:kms:eu-west-1:111111111111:alias/new"} {
		out, err := w.kms(homeRoot).DescribeKey(t.Context(), &awskms.DescribeKeyInput{KeyId: aws.String(id)})
		if err != nil {
			t.Fatalf("%s: %v", id, err)
		}
		m := out.KeyMetadata
		if *m.Arn != keyL || m.KeyState != types.KeyStateEnabled || m.KeyManager != types.KeyManagerTypeCustomer || !m.Enabled {
			t.Errorf("%s: %+v", id, m)
		}
	}
}

func TestDescribeKeyRefusals(t *testing.T) {
	w := newWorld(t, awssim.Settings{})
	tests := map[string]struct{ id, want string }{
		"no such key":         {"11111111-0000-0000-0000-00000000000f", "NotFoundException"},
		"no such alias":       {"alias/none", "NotFoundException"},
		"another Region's":    {keyFar, "NotFoundException"},
		"not an id":           {"arn:aws:s3:::bucket", "NotFoundException"},
		"a stranger's no key": {"arn:aws:kms:eu-west-1:333333333333:key/1", "AccessDeniedException"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := w.kms(homeRoot).DescribeKey(t.Context(), &awskms.DescribeKeyInput{KeyId: aws.String(tt.id)})
			wantCode(t, err, tt.want)
		})
	}
}

func TestDescribeKeyCreatesTheAWSManagedKey(t *testing.T) {
	w := newWorld(t, awssim.Settings{})
	out, err := w.kms(homeRoot).DescribeKey(t.Context(), &awskms.DescribeKeyInput{KeyId: aws.String("alias/aws/s3")})
	w.must(err)
	if out.KeyMetadata.KeyManager != types.KeyManagerTypeAws || *out.KeyMetadata.Arn != w.KMS.AWSManagedS3Key(home, region) {
		t.Errorf("%+v", out.KeyMetadata)
	}
}

func TestKeysPendingDeletionHaveADate(t *testing.T) {
	w := newWorld(t, awssim.Settings{})
	dated := func() bool {
		out, err := w.kms(homeRoot).DescribeKey(t.Context(), &awskms.DescribeKeyInput{KeyId: aws.String(keyL)})
		w.must(err)
		return out.KeyMetadata.DeletionDate != nil
	}
	for _, state := range []string{"Enabled", "PendingDeletion", "Disabled"} {
		w.must(w.KMS.SetKeyState(keyL, state))
		if got, want := dated(), state == "PendingDeletion"; got != want {
			t.Errorf("%s: has a date of deletion: %v", state, got)
		}
	}
}

func TestCreateGrantIsIdempotentByNameAndProperties(t *testing.T) {
	w := newWorld(t, awssim.Settings{})
	create := func(change func(*awskms.CreateGrantInput)) string {
		in := grantInput(keyL, canary)
		change(in)
		out, err := w.kms(homeRoot).CreateGrant(t.Context(), in)
		w.must(err)
		return *out.GrantId
	}
	same := func(*awskms.CreateGrantInput) {}
	first := create(same)
	if again := create(same); again != first {
		t.Errorf("the same again made %s besides %s", again, first)
	}
	if other := create(func(in *awskms.CreateGrantInput) { in.Operations = cryptoOperations[:1] }); other == first {
		t.Error("other operations made no other grant")
	}
	unnamed := func(in *awskms.CreateGrantInput) { in.Name = nil }
	if one, two := create(unnamed), create(unnamed); one == two {
		t.Error("without a name, two calls made one grant")
	}
	mutations := 0
	for _, e := range w.Journal.Since(0) {
		if e.Kind == journal.Mutation && e.Action == "kms:CreateGrant" {
			mutations++
		}
	}
	if mutations != 4 {
		t.Errorf("journal has %d grants, want 4", mutations)
	}
}

func TestCreateGrantRefusals(t *testing.T) {
	tests := map[string]struct {
		prepare func(w *testWorld)
		change  func(in *awskms.CreateGrantInput)
		want    string
	}{
		"dry run":            {change: func(in *awskms.CreateGrantInput) { in.DryRun = aws.Bool(true) }, want: "DryRunOperationException"},
		"no such grantee":    {change: func(in *awskms.CreateGrantInput) { in.GranteePrincipal = aws.String(canary + "-none") }, want: "InvalidArnException"},
		"no such key":        {change: func(in *awskms.CreateGrantInput) { in.KeyId = aws.String("none") }, want: "NotFoundException"},
		"name":               {change: func(in *awskms.CreateGrantInput) { in.Name = aws.String("with space") }, want: "ValidationException"},
		"no operations":      {change: func(in *awskms.CreateGrantInput) { in.Operations = []types.GrantOperation{} }, want: "ValidationException"},
		"another key's work": {change: func(in *awskms.CreateGrantInput) { in.Operations = []types.GrantOperation{"Sign"} }, want: "ValidationException"},
		"only CreateGrant":   {change: func(in *awskms.CreateGrantInput) { in.Operations = []types.GrantOperation{"CreateGrant"} }, want: "ValidationException"},
		"token":              {change: func(in *awskms.CreateGrantInput) { in.GrantTokens = []string{"none"} }, want: "InvalidGrantTokenException"},
		"disabled": {
			prepare: func(w *testWorld) { w.must(w.KMS.SetKeyState(keyL, "Disabled")) }, want: "DisabledException",
		},
		"pending deletion": {
			prepare: func(w *testWorld) { w.must(w.KMS.SetKeyState(keyL, "PendingDeletion")) }, want: "KMSInvalidStateException",
		},
		"unavailable is no matter": {
			prepare: func(w *testWorld) { w.must(w.KMS.SetKeyState(keyL, "Unavailable")) }, want: "",
		},
		"quota": {
			prepare: func(w *testWorld) { w.must(w.KMS.AddGrant(keyL, kms.Grant{Grantee: rootARN})) }, want: "LimitExceededException",
		},
		"for AWS resources only": {
			prepare: func(w *testWorld) {
				w.must(w.KMS.SetKeyPolicy(keyL, `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"kms:CreateGrant",
					"Resource":"*","Condition":{"Bool":{"kms:GrantIsForAWSResource":"true"}}}]}`))
			},
			want: "AccessDeniedException",
		},
		"limited operations": {
			prepare: func(w *testWorld) {
				w.must(w.KMS.SetKeyPolicy(keyL, `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"`+home+`"},"Action":"kms:CreateGrant",
					"Resource":"*","Condition":{"ForAllValues:StringEquals":{"kms:GrantOperations":["Decrypt"]}}}]}`))
			},
			want: "AccessDeniedException",
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, awssim.Settings{GrantQuota: 1})
			in := grantInput(keyL, canary)
			if tt.prepare != nil {
				tt.prepare(w)
			}
			if tt.change != nil {
				tt.change(in)
			}
			_, err := w.kms(homeRoot).CreateGrant(t.Context(), in)
			wantCode(t, err, tt.want)
		})
	}
}

func TestListGrantsPagesAndFilters(t *testing.T) {
	w := newWorld(t, awssim.Settings{})
	const others = 7
	for range others {
		w.must(w.KMS.AddGrant(keyL, kms.Grant{Grantee: rootARN, Operations: []string{"Decrypt"}}))
	}
	w.must(w.KMS.AddGrant(keyL, kms.Grant{ID: "mine", Grantee: canary, Name: "rekey", Operations: []string{"Decrypt"}}))
	seen := map[string]bool{}
	pager := awskms.NewListGrantsPaginator(w.kms(homeRoot), &awskms.ListGrantsInput{KeyId: aws.String(keyL), Limit: aws.Int32(3)})
	pages := 0
	for pager.HasMorePages() {
		page, err := pager.NextPage(t.Context())
		w.must(err)
		pages++
		for _, g := range page.Grants {
			seen[*g.GrantId] = true
		}
	}
	if len(seen) != others+1 || pages != 3 {
		t.Errorf("%d grants on %d pages, want %d on 3", len(seen), pages, others+1)
	}
	for name, in := range map[string]awskms.ListGrantsInput{
		"by grantee": {GranteePrincipal: aws.String(canary)},
		"by id":      {GrantId: aws.String("mine")},
	} {
		in.KeyId = aws.String(keyL)
		out, err := w.kms(homeRoot).ListGrants(t.Context(), &in)
		w.must(err)
		if len(out.Grants) != 1 || *out.Grants[0].Name != "rekey" {
			t.Errorf("%s: %+v", name, out.Grants)
		}
	}
	_, err := w.kms(homeRoot).ListGrants(t.Context(), &awskms.ListGrantsInput{KeyId: aws.String(keyL), Marker: aws.String("x")})
	wantCode(t, err, "InvalidMarkerException")
}

func TestRevokeGrantEndsItOnce(t *testing.T) {
	w := newWorld(t, awssim.Settings{})
	w.must(w.KMS.AddGrant(keyL, kms.Grant{ID: "g", Grantee: canary, Operations: []string{"GenerateDataKey"}}))
	w.must(w.KMS.SetKeyState(keyL, "Disabled")) // no matter to revoking
	revoke := func(dry bool) error {
		_, err := w.kms(homeRoot).RevokeGrant(t.Context(), &awskms.RevokeGrantInput{
			KeyId: aws.String(keyL), GrantId: aws.String("g"), DryRun: aws.Bool(dry),
		})
		return err
	}
	wantCode(t, revoke(true), "DryRunOperationException")
	wantCode(t, revoke(false), "")
	wantCode(t, revoke(false), "NotFoundException")
	if left := w.KMS.Grants(keyL); len(left) != 0 {
		t.Errorf("left: %+v", left)
	}
}

func TestRetireGrantIsForThoseThatItNames(t *testing.T) {
	w := newWorld(t, awssim.Settings{})
	retirer := "arn:aws:iam::" + home + ":role/retirer"
	w.must(w.IAM.AddRole(iam.Role{ARN: retirer}))
	in := grantInput(keyL, canary)
	in.RetiringPrincipal = aws.String(retirer)
	made, err := w.kms(homeRoot).CreateGrant(t.Context(), in)
	w.must(err)
	retire := func(roleARN string) error {
		_, err := w.kms(w.as(roleARN)).RetireGrant(t.Context(), &awskms.RetireGrantInput{KeyId: aws.String(keyL), GrantId: made.GrantId})
		return err
	}
	wantCode(t, retire(canary), "AccessDeniedException")
	wantCode(t, retire(retirer), "")

	again, err := w.kms(homeRoot).CreateGrant(t.Context(), in)
	w.must(err)
	_, err = w.kms(homeRoot).RetireGrant(t.Context(), &awskms.RetireGrantInput{GrantToken: again.GrantToken})
	wantCode(t, err, "") // the issuing account
}

func TestGrantPropagates(t *testing.T) {
	w := newWorld(t, awssim.Settings{})
	made, err := w.kms(homeRoot).CreateGrant(t.Context(), grantInput(keyL, canary))
	w.must(err)
	generate := func(tokens ...string) error {
		_, err := w.kms(w.as(canary)).GenerateDataKey(t.Context(), &awskms.GenerateDataKeyInput{
			KeyId: aws.String(keyL), KeySpec: types.DataKeySpecAes256, GrantTokens: tokens,
		})
		return err
	}
	wantCode(t, generate(), "AccessDeniedException")
	wantCode(t, generate(*made.GrantToken), "")

	at := newWorld(t, awssim.Settings{GrantPropagation: -1})
	_, err = at.kms(homeRoot).CreateGrant(t.Context(), grantInput(keyL, canary))
	at.must(err)
	_, err = at.kms(at.as(canary)).GenerateDataKey(t.Context(), &awskms.GenerateDataKeyInput{KeyId: aws.String(keyL), KeySpec: types.DataKeySpecAes256})
	wantCode(t, err, "")
}

func TestRevokedGrantLingers(t *testing.T) {
	for name, tt := range map[string]struct {
		settings awssim.Settings
		want     string
	}{
		"not at all": {awssim.Settings{}, "AccessDeniedException"},
		"as set":     {awssim.Settings{RevocationLinger: 1 << 40}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, tt.settings)
			w.must(w.KMS.AddGrant(keyL, kms.Grant{ID: "g", Grantee: canary, Operations: []string{"GenerateDataKey"}}))
			_, err := w.kms(homeRoot).RevokeGrant(t.Context(), &awskms.RevokeGrantInput{KeyId: aws.String(keyL), GrantId: aws.String("g")})
			w.must(err)
			_, err = w.kms(w.as(canary)).GenerateDataKey(t.Context(), &awskms.GenerateDataKeyInput{KeyId: aws.String(keyL), KeySpec: types.DataKeySpecAes256})
			wantCode(t, err, tt.want)
		})
	}
}

func TestGrantAcrossAccounts(t *testing.T) {
	tests := map[string]struct {
		settings awssim.Settings
		issuer   string
		inline   string
		want     string
	}{
		"from the grantee's account":               {issuer: home},
		"from the owner's account":                 {issuer: foreign, want: "AccessDeniedException"},
		"from the owner's account, with a policy":  {issuer: foreign, inline: allow("kms:GenerateDataKey", keyX)},
		"from the owner's account, if it suffices": {issuer: foreign, settings: awssim.Settings{GrantFromOwnerAccountSuffices: true}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, tt.settings)
			w.must(w.KMS.SetKeyPolicy(keyX, delegate(foreign)))
			if tt.inline != "" {
				w.must(w.IAM.SetInline(canary, "kms", tt.inline))
			}
			w.must(w.KMS.AddGrant(keyX, kms.Grant{
				Grantee: canary, Operations: []string{"GenerateDataKey"}, IssuingAccount: identity.Root(tt.issuer).ARN,
			}))
			_, err := w.kms(w.as(canary)).GenerateDataKey(t.Context(), &awskms.GenerateDataKeyInput{KeyId: aws.String(keyX), KeySpec: types.DataKeySpecAes256})
			wantCode(t, err, tt.want)
		})
	}
}

func TestDataKeysGoBackAndForth(t *testing.T) {
	w := newWorld(t, awssim.Settings{})
	client := w.kms(homeRoot)
	context := map[string]string{"purpose": "test"}
	made, err := client.GenerateDataKey(t.Context(), &awskms.GenerateDataKeyInput{
		KeyId: aws.String("alias/new"), KeySpec: types.DataKeySpecAes128, EncryptionContext: context,
	})
	w.must(err)
	back, err := client.Decrypt(t.Context(), &awskms.DecryptInput{CiphertextBlob: made.CiphertextBlob, EncryptionContext: context})
	w.must(err)
	if string(back.Plaintext) != string(made.Plaintext) || len(back.Plaintext) != 16 || *back.KeyId != keyL {
		t.Errorf("%+v became %+v", made, back)
	}
	tests := map[string]struct {
		in   awskms.DecryptInput
		want string
	}{
		"another context": {awskms.DecryptInput{CiphertextBlob: made.CiphertextBlob}, "InvalidCiphertextException"},
		"another key":     {awskms.DecryptInput{CiphertextBlob: made.CiphertextBlob, KeyId: aws.String(keyK), EncryptionContext: context}, "IncorrectKeyException"},
		"garbage":         {awskms.DecryptInput{CiphertextBlob: []byte("x")}, "InvalidCiphertextException"},
		"dry run":         {awskms.DecryptInput{CiphertextBlob: made.CiphertextBlob, EncryptionContext: context, DryRun: aws.Bool(true)}, "DryRunOperationException"},
		"dry run without ciphertext": {
			awskms.DecryptInput{KeyId: aws.String(keyL), DryRun: aws.Bool(true), DryRunModifiers: []types.DryRunModifierType{"IGNORE_CIPHERTEXT"}},
			"DryRunOperationException",
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := client.Decrypt(t.Context(), &tt.in)
			wantCode(t, err, tt.want)
		})
	}
	w.must(w.KMS.SetKeyState(keyL, "Unavailable"))
	_, err = client.GenerateDataKey(t.Context(), &awskms.GenerateDataKeyInput{KeyId: aws.String(keyL), NumberOfBytes: aws.Int32(8)})
	wantCode(t, err, "KMSInvalidStateException")
	_, err = client.GenerateDataKey(t.Context(), &awskms.GenerateDataKeyInput{KeyId: aws.String(keyL)})
	wantCode(t, err, "ValidationException")
}

func TestKeyPolicyReadAndPut(t *testing.T) {
	w := newWorld(t, awssim.Settings{})
	client := w.kms(homeRoot)
	long := delegate(home)[:len(delegate(home))-1]
	for len(long) <= kms.MaxPolicy {
		long += " "
	}
	tests := map[string]struct {
		key, policy string
		bypass      bool
		want        string
	}{
		"replaced":             {keyL, delegate(home, foreign), false, ""},
		"not JSON":             {keyL, "{", false, "MalformedPolicyDocumentException"},
		"too long":             {keyL, long + "}", false, "LimitExceededException"},
		"locks the caller out": {keyL, delegate(foreign), false, "MalformedPolicyDocumentException"},
		"unknown principal":    {keyL, delegate(home, "999999999999"), false, "MalformedPolicyDocumentException"},
		"another account's":    {keyX, delegate(home), false, "AccessDeniedException"},
		"locked out on demand": {keyK, delegate(foreign), true, ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := client.PutKeyPolicy(t.Context(), &awskms.PutKeyPolicyInput{
				KeyId: aws.String(tt.key), Policy: aws.String(tt.policy), BypassPolicyLockoutSafetyCheck: tt.bypass,
			})
			wantCode(t, err, tt.want)
		})
	}
	out, err := client.GetKeyPolicy(t.Context(), &awskms.GetKeyPolicyInput{KeyId: aws.String(keyL)})
	w.must(err)
	if *out.Policy != delegate(home, foreign) || *out.PolicyName != "default" {
		t.Errorf("%+v", out)
	}
	_, err = client.GetKeyPolicy(t.Context(), &awskms.GetKeyPolicyInput{KeyId: aws.String(keyX)})
	wantCode(t, err, "AccessDeniedException")
	_, err = client.GetKeyPolicy(t.Context(), &awskms.GetKeyPolicyInput{KeyId: aws.String(keyL), PolicyName: aws.String("other")})
	wantCode(t, err, "NotFoundException")
}

// TestDeletedRoleIsAnIDInKeyPolicies deletes a role that a key's policy names: as it is shown then, nobody can put it.
func TestDeletedRoleIsAnIDInKeyPolicies(t *testing.T) {
	w := newWorld(t, awssim.Settings{})
	client := w.kms(homeRoot)
	named := strings.Replace(delegate(home), `"Statement":[`, `"Statement":[{"Effect":"Allow","Principal":{"AWS":"`+canary+`"},"Action":"kms:Decrypt","Resource":"*"},`, 1)
	put := func(policy *string) error {
		_, err := client.PutKeyPolicy(t.Context(), &awskms.PutKeyPolicyInput{KeyId: aws.String(keyL), Policy: policy})
		return err
	}
	w.must(put(&named))
	id := w.IAM.UniqueID(canary)
	w.IAM.RemoveRole(canary)
	out, err := client.GetKeyPolicy(t.Context(), &awskms.GetKeyPolicyInput{KeyId: aws.String(keyL)})
	w.must(err)
	if want := strings.Replace(named, canary, id, 1); *out.Policy != want {
		t.Errorf("the policy is shown as %s, want %s", *out.Policy, want)
	}
	wantCode(t, put(out.Policy), "MalformedPolicyDocumentException")
}

func TestListAliasesPages(t *testing.T) {
	w := newWorld(t, awssim.Settings{})
	out, err := w.kms(homeRoot).ListAliases(t.Context(), &awskms.ListAliasesInput{Limit: aws.Int32(1)})
	w.must(err)
	if len(out.Aliases) != 1 || !out.Truncated || *out.Aliases[0].AliasName != "alias/new" {
		t.Fatalf("%+v", out)
	}
	out, err = w.kms(homeRoot).ListAliases(t.Context(), &awskms.ListAliasesInput{Marker: out.NextMarker, KeyId: aws.String(keyK)})
	w.must(err)
	if len(out.Aliases) != 1 || out.Truncated || *out.Aliases[0].AliasName != "alias/old" {
		t.Errorf("%+v", out)
	}
}
