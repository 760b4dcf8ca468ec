package synthetics

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	sdk "github.com/aws/aws-sdk-go-v2/service/synthetics"
	"github.com/aws/aws-sdk-go-v2/service/synthetics/types"
	"github.com/aws/smithy-go"

	"rekey/awssim/apierr"
	"rekey/awssim/authz"
	"rekey/awssim/clock"
	"rekey/awssim/iam"
	"rekey/awssim/identity"
	"rekey/awssim/journal"
	"rekey/awssim/kms"
	"rekey/awssim/s3"
	"rekey/awssim/wire"
)

const (
	account = "111111111111"
	region  = "eu-west-1"
	role    = "arn:aws:iam::111111111111:role/canary"
	keyK    = "arn:aws:kms:eu-west-1:111111111111:key/11111111-1111-4111-8111-111111111111"
	keyL    = "arn:aws:kms:eu-west-1:111111111111:key/22222222-2222-4222-8222-222222222222"
)

var (
	ctx   = context.Background()
	start = time.Date(2026, 11, 2, 8, 0, 0, 0, time.UTC)
)

// bench is a service on a clock that stands still, with the SDK's client on it. Permissions are two sets of
// what is refused.
type bench struct {
	*testing.T
	clock   *clock.Manual
	journal *journal.Journal
	service *Service
	client  *sdk.Client
	bucket  *bucket
	refused map[string]bool // "action resource"
}

func newBench(t *testing.T, change ...func(*Settings)) *bench {
	t.Helper()
	b := &bench{T: t, clock: clock.NewManual(start), journal: &journal.Journal{}, refused: map[string]bool{}}
	b.bucket = &bucket{objects: map[string]s3.Object{}, keys: map[string]bool{}}
	settings := DefaultSettings()
	for _, f := range change {
		f(&settings)
	}
	b.service = New(Config{
		Settings: settings, Clock: b.clock, Journal: b.journal, Authorizer: b, Storage: b.bucket, Roles: b, Keys: b,
	})
	server := httptest.NewServer(b)
	t.Cleanup(server.Close)
	// As many attempts as a client has by default: under the race detector the SDK now and then closes a connection
	// before it has read the answer.
	b.client = sdk.New(sdk.Options{
		Region: region, BaseEndpoint: aws.String(server.URL),
		Credentials: credentials.NewStaticCredentialsProvider("AKIA", "secret", ""), RetryMaxAttempts: 3,
	})
	return b
}

// ServeHTTP takes every call for one of the account's root.
func (b *bench) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	b.service.Serve(w, &wire.Call{Principal: identity.Root(account), Region: region, HTTP: r, Body: body})
}

func (b *bench) Authorize(r authz.Request) error {
	if b.refused[r.Action] || b.refused[r.Action+" "+r.Resource] {
		return apierr.Denied(r.Principal.CallerARN(), r.Action, r.Resource, "the test says so")
	}
	return nil
}

func (b *bench) Role(arn string) (iam.Role, bool) {
	return iam.Role{ARN: arn, Trust: `{"Principal":{"Service":"lambda.amazonaws.com"}}`}, !strings.HasSuffix(arn, "/gone")
}

func (b *bench) Key(arn string) (kms.Key, bool) { return kms.Key{ARN: arn}, arn != keyL }

func (b *bench) Use(u kms.Use) error {
	if b.bucket.keys[u.KeyARN] {
		return errDenied
	}
	return nil
}

// add seeds a canary, "checkout" unless it is changed; its last run was a minute ago.
func (b *bench) add(change func(*Canary)) Canary {
	b.Helper()
	c := Canary{
		Account: account, Region: region, Name: "checkout", Role: role, Runtime: "syn-nodejs-puppeteer-11.0",
		Location: "artifacts/checkout", Encryption: &Encryption{Mode: "SSE_KMS", KeyARN: keyK}, LastRun: start.Add(-time.Minute),
	}
	if change != nil {
		change(&c)
	}
	if err := b.service.Add(c); err != nil {
		b.Fatal(err)
	}
	return c
}

func (b *bench) get() *types.Canary {
	b.Helper()
	out, err := b.client.GetCanary(ctx, &sdk.GetCanaryInput{Name: aws.String("checkout")})
	if err != nil {
		b.Fatal(err)
	}
	return out.Canary
}

func (b *bench) runs() []types.CanaryRun {
	b.Helper()
	out, err := b.client.GetCanaryRuns(ctx, &sdk.GetCanaryRunsInput{Name: aws.String("checkout")})
	if err != nil {
		b.Fatal(err)
	}
	return out.CanaryRuns
}

// update sends an edit of the canary "checkout" and, unless it fails, waits until it has settled.
func (b *bench) update(in sdk.UpdateCanaryInput) error {
	in.Name = aws.String("checkout")
	if _, err := b.client.UpdateCanary(ctx, &in); err != nil {
		return err
	}
	b.clock.Advance(b.service.settings.UpdateDelay)
	return nil
}

func (b *bench) mustUpdate(in sdk.UpdateCanaryInput) {
	b.Helper()
	if err := b.update(in); err != nil {
		b.Fatal(err)
	}
}

// wantCode fails unless the error has the code.
func (b *bench) wantCode(err error, code string) {
	b.Helper()
	var api smithy.APIError
	if !errors.As(err, &api) || api.ErrorCode() != code {
		b.Fatalf("error %v, want code %s", err, code)
	}
}

func kmsEncryption(key string) *types.ArtifactConfigInput {
	return &types.ArtifactConfigInput{S3Encryption: &types.S3EncryptionConfig{EncryptionMode: types.EncryptionModeSseKms, KmsKeyArn: &key}}
}

// bucket is one bucket whose objects remember their encryption; it refuses KMS keys that keys marks.
type bucket struct {
	mu      sync.Mutex
	objects map[string]s3.Object
	keys    map[string]bool // refused
	copies  int
}

var errDenied = errors.New("AccessDenied: not authorized to perform kms:GenerateDataKey")

func (b *bucket) PutObject(_ identity.Principal, in s3.PutInput) (s3.Object, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.keys[in.Encryption.KeyARN] {
		return s3.Object{}, errDenied
	}
	o := s3.Object{Bucket: in.Bucket, Key: in.Key, Body: in.Body, Encryption: in.Encryption}
	b.objects[in.Bucket+"/"+in.Key] = o
	return o, nil
}

func (b *bucket) GetObject(_ identity.Principal, bucket, key string) (s3.Object, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	o, ok := b.objects[bucket+"/"+key]
	if !ok {
		return o, errors.New("NoSuchKey: " + key)
	}
	if b.keys[o.Encryption.KeyARN] {
		return s3.Object{}, errDenied
	}
	return o, nil
}

func (b *bucket) CopyObject(p identity.Principal, fromBucket, fromKey, toBucket, toKey string, e s3.Encryption) (s3.Object, error) {
	o, err := b.GetObject(p, fromBucket, fromKey)
	if err != nil {
		return o, err
	}
	b.copies++
	return b.PutObject(p, s3.PutInput{Bucket: toBucket, Key: toKey, Body: o.Body, Encryption: e})
}

func (b *bucket) RemovePrefix(bucket, prefix string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for name := range b.objects {
		if strings.HasPrefix(name, bucket+"/"+prefix) {
			delete(b.objects, name)
		}
	}
}

// under lists what lies below a location, with the key of each object.
func (b *bucket) under(location string) map[string]string {
	b.mu.Lock()
	defer b.mu.Unlock()
	out := map[string]string{}
	for name, o := range b.objects {
		if rest, ok := strings.CutPrefix(name, location+"/"); ok {
			out[rest] = o.Encryption.KeyARN
		}
	}
	return out
}
