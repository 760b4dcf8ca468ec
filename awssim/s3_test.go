package awssim_test

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awskms "github.com/aws/aws-sdk-go-v2/service/kms"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"rekey/awssim"
	"rekey/awssim/iam"
	"rekey/awssim/identity"
	"rekey/awssim/journal"
	"rekey/awssim/kms"
	"rekey/awssim/s3"
)

// testing is the world for a subtest.
func (w *testWorld) testing(t *testing.T) *testWorld {
	t.Helper()
	return &testWorld{World: w.World, t: t, url: w.url}
}

func describe(w *testWorld, c aws.CredentialsProvider) error {
	_, err := w.kms(c).DescribeKey(w.t.Context(), &awskms.DescribeKeyInput{KeyId: aws.String(keyK)})
	return err
}

func getMissing(w *testWorld, c aws.CredentialsProvider) error {
	_, err := w.s3(c).GetObject(w.t.Context(), &awss3.GetObjectInput{Bucket: aws.String("artifacts"), Key: aws.String("none")})
	return err
}

var canarySession = identity.Role(canary, "cwsyn-test")

func TestObjectsThroughTheSDK(t *testing.T) {
	w := newWorld(t, awssim.Settings{})
	client := w.s3(homeRoot)
	key := aws.String("canary/2026/11/02/a b+ü/log.txt")
	_, err := client.PutObject(t.Context(), &awss3.PutObjectInput{
		Bucket: aws.String("artifacts"), Key: key, Body: bytes.NewReader([]byte("hello")),
		ServerSideEncryption: types.ServerSideEncryptionAwsKms, SSEKMSKeyId: aws.String(keyK), ContentType: aws.String("text/plain"),
	})
	w.must(err)
	head, err := client.HeadObject(t.Context(), &awss3.HeadObjectInput{Bucket: aws.String("artifacts"), Key: key})
	w.must(err)
	if head.ServerSideEncryption != types.ServerSideEncryptionAwsKms || *head.SSEKMSKeyId != keyK ||
		head.BucketKeyEnabled != nil && *head.BucketKeyEnabled || *head.ContentLength != 5 || !head.LastModified.Equal(start) {
		t.Errorf("%+v", head)
	}
	got, err := client.GetObject(t.Context(), &awss3.GetObjectInput{Bucket: aws.String("artifacts"), Key: key, Range: aws.String("bytes=1-2")})
	w.must(err)
	if body, _ := io.ReadAll(got.Body); string(body) != "el" || *got.ContentType != "text/plain" {
		t.Errorf("body = %q, type %s", body, *got.ContentType)
	}
	_, err = client.CopyObject(t.Context(), &awss3.CopyObjectInput{
		Bucket: aws.String("artifacts"), Key: aws.String("copy"), CopySource: aws.String("artifacts/canary/2026/11/02/a%20b+%C3%BC/log.txt"),
		ServerSideEncryption: types.ServerSideEncryptionAwsKms,
	})
	w.must(err)
	copied, _ := w.S3.Stat("artifacts", "copy")
	if copied.Encryption.KeyARN != w.KMS.AWSManagedS3Key(home, region) || string(copied.Body) != "hello" {
		t.Errorf("%+v", copied)
	}
}

// TestBucketsBelowLocalhost is for clients whose endpoint is localhost: they ask bucket.localhost for a key.
func TestBucketsBelowLocalhost(t *testing.T) {
	w := newWorld(t, awssim.Settings{})
	server := strings.TrimPrefix(w.url, "http://")
	_, port, err := net.SplitHostPort(server)
	w.must(err)
	var dialed []string
	transport := &http.Transport{DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
		dialed = append(dialed, address)
		return (&net.Dialer{}).DialContext(ctx, network, server)
	}}
	t.Cleanup(transport.CloseIdleConnections)
	client := awss3.New(awss3.Options{
		Region: region, Credentials: homeRoot, BaseEndpoint: aws.String("http://localhost:" + port),
		HTTPClient: &http.Client{Transport: transport},
	})
	object := &awss3.PutObjectInput{Bucket: aws.String("artifacts"), Key: aws.String("a/b"), Body: strings.NewReader("hello")}
	_, err = client.PutObject(t.Context(), object)
	w.must(err)
	list, err := client.ListObjectsV2(t.Context(), &awss3.ListObjectsV2Input{Bucket: object.Bucket, Prefix: aws.String("a/")})
	w.must(err)
	if len(list.Contents) != 1 || *list.Contents[0].Key != "a/b" || !slices.Contains(dialed, "artifacts.localhost:"+port) {
		t.Errorf("%+v after calls to %v", list.Contents, dialed)
	}
}

func TestDeletedObjectsAreGone(t *testing.T) {
	w := newWorld(t, awssim.Settings{})
	w.must(w.IAM.SetInline(canary, "artifacts", allow("s3:PutObject", "*")))
	in := &awss3.DeleteObjectInput{Bucket: aws.String("artifacts"), Key: aws.String("log.txt")}
	_, err := w.s3(homeRoot).PutObject(t.Context(), &awss3.PutObjectInput{Bucket: in.Bucket, Key: in.Key})
	w.must(err)
	_, err = w.s3(w.as(canary)).DeleteObject(t.Context(), in)
	wantCode(t, err, "AccessDenied")
	for range 2 { // once more for an object that isn't there
		_, err = w.s3(homeRoot).DeleteObject(t.Context(), in)
		w.must(err)
	}
	if _, there := w.S3.Stat("artifacts", "log.txt"); there {
		t.Error("the object is still there")
	}
}

func TestHeadObjectNeedsNoKeyAndTellsStrangersNothing(t *testing.T) {
	w := newWorld(t, awssim.Settings{})
	reader := "arn:aws:iam::" + home + ":role/reader"
	lister := "arn:aws:iam::" + home + ":role/lister"
	w.must(w.IAM.AddRole(iam.Role{ARN: reader, Inline: map[string]string{"read": allow("s3:GetObject", "arn:aws:s3:::artifacts/*")}}))
	w.must(w.IAM.AddRole(iam.Role{ARN: lister, Inline: map[string]string{"read": allow("s3:*", "*")}}))
	_, err := w.S3.PutObject(identity.Root(home), s3.PutInput{Bucket: "artifacts", Key: "k", Encryption: s3.Encryption{Algorithm: "aws:kms", KeyARN: keyK}})
	w.must(err)
	head := func(role, key string, mode types.ChecksumMode) error {
		_, err := w.s3(w.as(role)).HeadObject(t.Context(), &awss3.HeadObjectInput{Bucket: aws.String("artifacts"), Key: aws.String(key), ChecksumMode: mode})
		return err
	}
	wantCode(t, head(reader, "k", ""), "")
	wantCode(t, head(reader, "k", types.ChecksumModeEnabled), "Forbidden")
	wantCode(t, head(reader, "none", ""), "Forbidden")
	wantCode(t, head(lister, "none", ""), "NotFound")
	_, err = w.s3(w.as(reader)).GetObject(t.Context(), &awss3.GetObjectInput{Bucket: aws.String("artifacts"), Key: aws.String("k")})
	wantCode(t, err, "AccessDenied") // for want of kms:Decrypt
}

func TestPutObjectAsACanary(t *testing.T) {
	sse := func(algorithm, key string) s3.Encryption { return s3.Encryption{Algorithm: algorithm, KeyARN: key} }
	onlyK := `{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":"*","Action":"s3:PutObject","Resource":"arn:aws:s3:::artifacts/*",
		"Condition":{"StringNotEquals":{"s3:x-amz-server-side-encryption-aws-kms-key-id":"` + keyK + `"}}}]}`
	tests := map[string]struct {
		prepare    func(w *testWorld)
		bucket     string
		encryption s3.Encryption
		want       string
		key        string
	}{
		"bucket default":  {encryption: s3.Encryption{}, key: ""},
		"SSE-S3":          {encryption: sse("AES256", "")},
		"AWS managed key": {encryption: sse("aws:kms", ""), key: kms.ManagedS3KeyARN(home, region)},
		"no access":       {encryption: sse("aws:kms", keyL), want: "AccessDeniedException"},
		"grant": {
			prepare: func(w *testWorld) {
				w.must(w.KMS.AddGrant(keyL, kms.Grant{Grantee: canary, Operations: []string{"GenerateDataKey"}}))
			},
			encryption: sse("aws:kms", keyL), key: keyL,
		},
		"grant for the object alone": {
			prepare: func(w *testWorld) {
				w.must(w.KMS.AddGrant(keyL, kms.Grant{
					Grantee: canary, Operations: []string{"GenerateDataKey"},
					Constraints: kms.Constraints{Equals: map[string]string{"aws:s3:arn": "arn:aws:s3:::artifacts/run/log"}},
				}))
			},
			encryption: sse("aws:kms", keyL), key: keyL,
		},
		"grant for another object": {
			prepare: func(w *testWorld) {
				w.must(w.KMS.AddGrant(keyL, kms.Grant{
					Grantee: canary, Operations: []string{"GenerateDataKey"},
					Constraints: kms.Constraints{Subset: map[string]string{"aws:s3:arn": "arn:aws:s3:::artifacts"}},
				}))
			},
			encryption: sse("aws:kms", keyL), want: "AccessDeniedException",
		},
		"key policy, through S3": {
			prepare: func(w *testWorld) {
				w.must(w.KMS.SetKeyPolicy(keyL, `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"`+canary+`"},
					"Action":"kms:GenerateDataKey","Resource":"*","Condition":{"StringEquals":{"kms:ViaService":"s3.eu-west-1.amazonaws.com"}}}]}`))
			},
			encryption: sse("aws:kms", keyL), key: keyL,
		},
		"inline policy": {
			prepare:    func(w *testWorld) { w.must(w.IAM.SetInline(canary, "kms", allow("kms:GenerateDataKey", keyL))) },
			encryption: sse("aws:kms", keyL), key: keyL,
		},
		"foreign key with policies on both sides": {
			prepare:    func(w *testWorld) { w.must(w.IAM.SetInline(canary, "kms", allow("kms:GenerateDataKey", keyX))) },
			encryption: sse("aws:kms", keyX), key: keyX,
		},
		"foreign key without a policy here": {encryption: sse("aws:kms", keyX), want: "AccessDeniedException"},
		"another Region's key":              {encryption: sse("aws:kms", keyFar), want: "KMS.NotFoundException"},
		"disabled key": {
			prepare: func(w *testWorld) {
				w.must(w.KMS.SetKeyState(keyL, "Disabled"))
				w.must(w.IAM.SetInline(canary, "kms", allow("kms:GenerateDataKey", keyL)))
			},
			encryption: sse("aws:kms", keyL), want: "KMS.DisabledException",
		},
		"bucket insists on another key": {
			prepare: func(w *testWorld) {
				w.must(w.S3.AddBucket(s3.Bucket{Name: "artifacts", Account: home, Region: region, Policy: onlyK}))
			},
			encryption: sse("AES256", ""), want: "AccessDeniedException",
		},
		"denied by the organization": {
			prepare: func(w *testWorld) {
				w.Organizations.SetManagement(foreign)
				w.must(w.Organizations.AddAccount(organizationAccount(home)))
				w.must(w.Organizations.SetPolicies(home, `{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"kms:GenerateDataKey","Resource":"*"}}`))
			},
			encryption: sse("aws:kms", ""), want: "AccessDeniedException",
		},
		"no such bucket": {bucket: "none", want: "NoSuchBucket"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, awssim.Settings{})
			if tt.prepare != nil {
				tt.prepare(w)
			}
			if tt.bucket == "" {
				tt.bucket = "artifacts"
			}
			in := s3.PutInput{Bucket: tt.bucket, Key: "run/log", Body: []byte("x"), Encryption: tt.encryption}
			o, err := w.S3.PutObject(canarySession, in)
			wantAPIErr(t, err, tt.want)
			if o.Encryption.KeyARN != tt.key {
				t.Errorf("key = %q, want %q", o.Encryption.KeyARN, tt.key)
			}
			denials := slices.ContainsFunc(w.Journal.Since(0), func(e journal.Entry) bool { return e.Kind == journal.Denial })
			if denied := tt.want == "AccessDeniedException"; denials != denied {
				t.Errorf("journal has a denial: %t, want %t", denials, denied)
			}
			wantAPIErr(t, w.Freeze().CheckPut(canarySession, in), tt.want)
		})
	}
}

func TestBucketKeyShowsTheBucketToKMS(t *testing.T) {
	w := newWorld(t, awssim.Settings{})
	w.must(w.S3.AddBucket(s3.Bucket{Name: "artifacts", Account: home, Region: region, BucketKey: true}))
	w.must(w.KMS.AddGrant(keyL, kms.Grant{
		Grantee: canary, Operations: []string{"GenerateDataKey"},
		Constraints: kms.Constraints{Equals: map[string]string{"aws:s3:arn": "arn:aws:s3:::artifacts"}},
	}))
	o, err := w.S3.PutObject(canarySession, s3.PutInput{Bucket: "artifacts", Key: "k", Encryption: s3.Encryption{Algorithm: "aws:kms", KeyARN: keyL}})
	w.must(err)
	if !o.Encryption.BucketKey {
		t.Errorf("%+v", o.Encryption)
	}
}

func TestListObjectsV2(t *testing.T) {
	w := newWorld(t, awssim.Settings{})
	for _, key := range []string{"a/1", "a/2", "a/b/3", "a/b/4", "a/c", "z"} {
		_, err := w.S3.PutObject(identity.Root(home), s3.PutInput{Bucket: "artifacts", Key: key})
		w.must(err)
	}
	list := func(in awss3.ListObjectsV2Input) (keys []string) {
		in.Bucket = aws.String("artifacts")
		pager := awss3.NewListObjectsV2Paginator(w.s3(homeRoot), &in)
		for pager.HasMorePages() {
			page, err := pager.NextPage(t.Context())
			w.must(err)
			for _, o := range page.Contents {
				keys = append(keys, *o.Key)
			}
			for _, p := range page.CommonPrefixes {
				keys = append(keys, *p.Prefix)
			}
		}
		return keys
	}
	tests := map[string]struct {
		in   awss3.ListObjectsV2Input
		want []string
	}{
		"all":         {awss3.ListObjectsV2Input{}, []string{"a/1", "a/2", "a/b/3", "a/b/4", "a/c", "z"}},
		"one by one":  {awss3.ListObjectsV2Input{MaxKeys: aws.Int32(1)}, []string{"a/1", "a/2", "a/b/3", "a/b/4", "a/c", "z"}},
		"prefix":      {awss3.ListObjectsV2Input{Prefix: aws.String("a/b")}, []string{"a/b/3", "a/b/4"}},
		"delimiter":   {awss3.ListObjectsV2Input{Prefix: aws.String("a/"), Delimiter: aws.String("/"), MaxKeys: aws.Int32(1)}, []string{"a/1", "a/2", "a/b/", "a/c"}},
		"start after": {awss3.ListObjectsV2Input{StartAfter: aws.String("a/b/4")}, []string{"a/c", "z"}},
		"nothing":     {awss3.ListObjectsV2Input{Prefix: aws.String("b")}, nil},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if got := list(tt.in); !slices.Equal(got, tt.want) {
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
	_, err := w.s3(homeRoot).ListObjectsV2(t.Context(), &awss3.ListObjectsV2Input{Bucket: aws.String("artifacts"), ContinuationToken: aws.String("x")})
	wantCode(t, err, "InvalidArgument")
	w.S3.RemovePrefix("artifacts", "a/")
	if got := list(awss3.ListObjectsV2Input{}); !slices.Equal(got, []string{"z"}) {
		t.Errorf("after the removal: %v", got)
	}
}

func TestBucketSettings(t *testing.T) {
	w := newWorld(t, awssim.Settings{})
	w.must(w.S3.AddBucket(s3.Bucket{
		Name: "kept", Account: home, Region: "us-east-1", Default: s3.Encryption{Algorithm: "aws:kms", KeyARN: keyFar}, BucketKey: true,
		Policy: `{"Version":"2012-10-17","Statement":[]}`,
	}))
	client := w.s3(homeRoot)
	where, err := client.GetBucketLocation(t.Context(), &awss3.GetBucketLocationInput{Bucket: aws.String("artifacts")})
	w.must(err)
	if where.LocationConstraint != region {
		t.Errorf("artifacts is in %q", where.LocationConstraint)
	}
	where, err = client.GetBucketLocation(t.Context(), &awss3.GetBucketLocationInput{Bucket: aws.String("kept")})
	w.must(err)
	if where.LocationConstraint != "" {
		t.Errorf("kept is in %q", where.LocationConstraint)
	}
	_, err = client.GetBucketPolicy(t.Context(), &awss3.GetBucketPolicyInput{Bucket: aws.String("artifacts")})
	wantCode(t, err, "NoSuchBucketPolicy")
	_, err = client.GetBucketPolicy(t.Context(), &awss3.GetBucketPolicyInput{Bucket: aws.String("kept")})
	wantCode(t, err, "PermanentRedirect")

	elsewhere := w.config(homeRoot)
	elsewhere.Region = "us-east-1"
	client = awss3.NewFromConfig(elsewhere, func(o *awss3.Options) { o.UsePathStyle = true })
	policy, err := client.GetBucketPolicy(t.Context(), &awss3.GetBucketPolicyInput{Bucket: aws.String("kept")})
	w.must(err)
	if *policy.Policy != `{"Version":"2012-10-17","Statement":[]}` {
		t.Errorf("policy = %s", *policy.Policy)
	}
	encryption, err := client.GetBucketEncryption(t.Context(), &awss3.GetBucketEncryptionInput{Bucket: aws.String("kept")})
	w.must(err)
	rule := encryption.ServerSideEncryptionConfiguration.Rules[0]
	if *rule.ApplyServerSideEncryptionByDefault.KMSMasterKeyID != keyFar || !*rule.BucketKeyEnabled {
		t.Errorf("%+v", rule)
	}
	head, err := client.HeadBucket(t.Context(), &awss3.HeadBucketInput{Bucket: aws.String("kept")})
	w.must(err)
	if *head.BucketRegion != "us-east-1" {
		t.Errorf("%+v", head)
	}
	_, err = client.GetBucketAcl(t.Context(), &awss3.GetBucketAclInput{Bucket: aws.String("kept")})
	wantCode(t, err, "NotImplemented")
}

func TestFrozenKeepsWhatHasChangedSince(t *testing.T) {
	w := newWorld(t, awssim.Settings{})
	w.must(w.KMS.AddGrant(keyL, kms.Grant{ID: "g", Grantee: canary, Operations: []string{"GenerateDataKey", "Decrypt"}}))
	before := w.Freeze()
	_, err := w.kms(homeRoot).RevokeGrant(t.Context(), &awskms.RevokeGrantInput{KeyId: aws.String(keyL), GrantId: aws.String("g")})
	w.must(err)
	w.must(w.IAM.SetInline(canary, "artifacts", ""))
	e := s3.Encryption{Algorithm: "aws:kms", KeyARN: keyL}
	in := s3.PutInput{Bucket: "artifacts", Key: "k", Encryption: e}
	wantAPIErr(t, before.CheckPut(canarySession, in), "")
	wantAPIErr(t, before.CheckGet(canarySession, "artifacts", "k", e), "")
	wantAPIErr(t, w.Freeze().CheckPut(canarySession, in), "AccessDeniedException")
}

func TestBucketKeyIsUsedAfterARevokeWhileItIsCached(t *testing.T) {
	for name, tt := range map[string]struct {
		settings awssim.Settings
		want     string
	}{
		"not cached": {awssim.Settings{}, "AccessDeniedException"},
		"cached":     {awssim.Settings{BucketKeyCache: time.Hour}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, tt.settings)
			w.must(w.S3.AddBucket(s3.Bucket{Name: "artifacts", Account: home, Region: region, BucketKey: true}))
			w.must(w.KMS.AddGrant(keyL, kms.Grant{ID: "g", Grantee: canary, Operations: []string{"GenerateDataKey"}}))
			in := s3.PutInput{Bucket: "artifacts", Key: "k", Encryption: s3.Encryption{Algorithm: "aws:kms", KeyARN: keyL}}
			_, err := w.S3.PutObject(canarySession, in)
			w.must(err)
			_, err = w.kms(homeRoot).RevokeGrant(t.Context(), &awskms.RevokeGrantInput{KeyId: aws.String(keyL), GrantId: aws.String("g")})
			w.must(err)
			_, err = w.S3.PutObject(canarySession, in)
			wantAPIErr(t, err, tt.want)
			_, err = w.S3.PutObject(identity.Role(canary, "another-session"), in)
			wantAPIErr(t, err, "AccessDeniedException")
		})
	}
}

// TestCopyNeedsBothKeys is what a visual baseline does: read under the old key, write under the new one.
func TestCopyNeedsBothKeys(t *testing.T) {
	under := func(key string) s3.Encryption { return s3.Encryption{Algorithm: "aws:kms", KeyARN: key} }
	tests := map[string]struct{ onK, onL, want string }{
		"both":                  {"Decrypt", "GenerateDataKey", ""},
		"can't read the source": {"GenerateDataKey", "GenerateDataKey", "AccessDeniedException"},
		"can't write the copy":  {"Decrypt", "Decrypt", "AccessDeniedException"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, awssim.Settings{})
			_, err := w.S3.PutObject(identity.Root(home), s3.PutInput{Bucket: "artifacts", Key: "run/a.png", Body: []byte("x"), Encryption: under(keyK)})
			w.must(err)
			w.must(w.KMS.AddGrant(keyK, kms.Grant{Grantee: canary, Operations: []string{tt.onK}}))
			w.must(w.KMS.AddGrant(keyL, kms.Grant{Grantee: canary, Operations: []string{tt.onL}}))
			o, err := w.S3.CopyObject(canarySession, "artifacts", "run/a.png", "artifacts", "base/a.png", under(keyL))
			wantAPIErr(t, err, tt.want)
			if tt.want == "" && (o.Encryption != under(keyL) || string(o.Body) != "x") {
				t.Errorf("%+v", o)
			}
		})
	}
}

func TestUploadsNameKeysByAliasIDOrARN(t *testing.T) {
	w := newWorld(t, awssim.Settings{})
	put := func(id string) error {
		_, err := w.s3(homeRoot).PutObject(t.Context(), &awss3.PutObjectInput{
			Bucket: aws.String("artifacts"), Key: aws.String("k"), ServerSideEncryption: types.ServerSideEncryptionAwsKms, SSEKMSKeyId: aws.String(id),
		})
		return err
	}
	for _, id := range []string{keyL, "alias/new", "11111111-0000-0000-0000-000000000002", "arn:aws:kms:eu-west-1:111111111111:alias/new"} {
		w.must(put(id))
		if o, _ := w.S3.Stat("artifacts", "k"); o.Encryption.KeyARN != keyL {
			t.Errorf("%s is %s", id, o.Encryption.KeyARN)
		}
	}
	wantCode(t, put("alias/none"), "KMS.NotFoundException")
	_, err := w.s3(homeRoot).PutObject(t.Context(), &awss3.PutObjectInput{
		Bucket: aws.String("artifacts"), Key: aws.String("k"), ServerSideEncryption: types.ServerSideEncryptionAes256, SSEKMSKeyId: aws.String(keyL),
	})
	wantCode(t, err, "InvalidArgument")
}
