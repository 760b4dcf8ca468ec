package main

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/urfave/cli/v3"
	"go.temporal.io/sdk/client"

	"rekey/workflows/activities/evidence"
)

// work runs the command and answers what it printed, and its error.
func work(ctx context.Context, args ...string) (string, error) {
	var out bytes.Buffer
	err := command(&out, &out).Run(ctx, append([]string{"rekey-worker"}, args...))
	return out.String(), err
}

// away points the worker at a Temporal that is not there.
func away(t *testing.T) {
	t.Helper()
	t.Setenv("TEMPORAL_ADDRESS", "127.0.0.1:1")
	t.Setenv("TEMPORAL_CONFIG_FILE", t.TempDir()+"/none.toml")
	t.Setenv("REKEY_EXTERNAL_ID", "external-id-of-nobody")
	t.Setenv("AWS_ACCESS_KEY_ID", "AKIANOBODY")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "secret-of-nobody")
	t.Setenv("REKEY_LOG_LEVEL", "debug")
}

func TestTemporalIsAway(t *testing.T) {
	away(t)
	out, err := work(t.Context(), "--temporal-deadline", "1ms")
	if err == nil || !strings.Contains(err.Error(), "TEMPORAL_ADDRESS") {
		t.Errorf("got %v, want what to do about it", err)
	}
	for _, secret := range []string{"external-id-of-nobody", "secret-of-nobody", "AKIANOBODY"} {
		if strings.Contains(out, secret) {
			t.Errorf("%q is printed:\n%s", secret, out)
		}
	}
}

func TestStoppedBeforeItBegan(t *testing.T) {
	away(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if out, err := work(ctx); err != nil {
		t.Errorf("a worker that is stopped while Temporal is away fails: %v\n%s", err, out)
	}
}

func TestCompression(t *testing.T) {
	away(t)
	for flag, want := range map[string]client.GrpcCompression{"--temporal-gzip=false": &client.GrpcCompressionNone{}, "--temporal-gzip": nil} {
		c := command(io.Discard, io.Discard)
		c.Action = func(_ context.Context, c *cli.Command) error {
			s, err := settingsOf(c, io.Discard)
			if diff := cmp.Diff(want, s.temporal.ConnectionOptions.GrpcCompression); diff != "" {
				t.Errorf("with %s (-want +got):\n%s", flag, diff)
			}
			return err
		}
		if err := c.Run(t.Context(), []string{"rekey-worker", flag}); err != nil {
			t.Error(err)
		}
	}
}

func TestHelpShowsNoExternalID(t *testing.T) {
	away(t)
	out, err := work(t.Context(), "--help")
	if err != nil || !strings.Contains(out, "REKEY_EXTERNAL_ID") || strings.Contains(out, "external-id-of-nobody") {
		t.Errorf("%v\n%s", err, out)
	}
}

func TestRefusedSettings(t *testing.T) {
	away(t)
	file := t.TempDir() + "/file"
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{
		{"--evidence-dir", file}, {"--evidence-dir", file + "-none"}, {"--evidence-uri", "ftp://bucket"},
		{"--evidence-uri", "file:///anywhere"}, {"--evidence-dir", t.TempDir(), "--evidence-uri", "file:///elsewhere"},
		{"--aws-rate-share", "0"}, {"--aws-rate-share", "1.1"}, {"--aws-rate-share", "NaN"}, {"--aws-rate-share", "all"},
		{"--deployment-name", "rekey"}, {"--build-id", "1"}, {"--deployment-name", "a.b", "--build-id", "1"},
		{"--deployment-name", "a:b", "--build-id", "1"}, {"--deployment-name", "rekey", "--build-id", "__1"},
		{"--log-level", "loud"}, {"--log-format", "xml"}, {"--temporal-deadline", "soon"}, {"--no-such-flag"},
	} {
		if _, err := work(t.Context(), args...); err == nil {
			t.Errorf("%v is accepted", args)
		}
	}
}

func TestPlacesOfEvidence(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a place of 100%")
	if err := os.Mkdir(dir, 0o750); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		dir, uri string
		want     evidence.Config
	}{
		"none":                 {},
		"a directory":          {dir: dir, want: evidence.Config{Directory: dir, URI: "file://" + filepath.Dir(dir) + "/a%20place%20of%20100%25"}},
		"a bucket":             {uri: "s3://audit/rekey", want: evidence.Config{URI: "s3://audit/rekey"}},
		"both":                 {dir: dir, uri: "s3://audit", want: evidence.Config{Directory: dir, URI: "s3://audit"}},
		"below, not yet there": {dir: dir + "/..", uri: "file://" + filepath.Dir(dir) + "/new", want: evidence.Config{Directory: filepath.Dir(dir), URI: "file://" + filepath.Dir(dir) + "/new"}},
	} {
		got, err := evidencePlaces(c.dir, c.uri)
		if diff := cmp.Diff(c.want, got); diff != "" || err != nil {
			t.Errorf("%s: %v (-want +got):\n%s", name, err, diff)
		}
	}
}
