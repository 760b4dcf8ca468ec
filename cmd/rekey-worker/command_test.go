package main

import (
	"bytes"
	"context"
	"strings"
	"testing"
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

func TestHelpShowsNoExternalID(t *testing.T) {
	away(t)
	out, err := work(t.Context(), "--help")
	if err != nil || !strings.Contains(out, "REKEY_EXTERNAL_ID") || strings.Contains(out, "external-id-of-nobody") {
		t.Errorf("%v\n%s", err, out)
	}
}

func TestRefusedSettings(t *testing.T) {
	away(t)
	for _, args := range [][]string{{"--log-level", "loud"}, {"--log-format", "xml"}, {"--temporal-deadline", "soon"}, {"--no-such-flag"}} {
		if _, err := work(t.Context(), args...); err == nil {
			t.Errorf("%v is accepted", args)
		}
	}
}
