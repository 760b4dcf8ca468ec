package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	rekeyv1 "rekey/gen/rekey/v1"
)

const reportedID = "m-0123456789abcdefghij"

// oneMigration serves a migration with one canary, or breaks off while its canaries are listed.
type oneMigration struct {
	rekeyv1.UnimplementedMigrationServiceServer
	breaks bool
}

func (oneMigration) GetMigration(_ context.Context, r *rekeyv1.GetMigrationRequest) (*rekeyv1.GetMigrationResponse, error) {
	if r.GetMigrationId() != reportedID {
		return nil, status.Error(codes.NotFound, "no such migration")
	}
	return &rekeyv1.GetMigrationResponse{Migration: &rekeyv1.Migration{Id: reportedID}}, nil
}

func (m oneMigration) ListCanaries(context.Context, *rekeyv1.ListCanariesRequest) (*rekeyv1.ListCanariesResponse, error) {
	if m.breaks {
		return nil, status.Error(codes.Unavailable, "the server is being stopped")
	}
	return &rekeyv1.ListCanariesResponse{Canaries: []*rekeyv1.Canary{{
		AccountId: "111100000001", Region: "eu-west-1", Name: "checkout", State: rekeyv1.CanaryState_CANARY_STATE_PENDING,
	}}}, nil
}

// serveAPI serves an API on this machine until the test ends, and returns its address.
func serveAPI(t *testing.T, api rekeyv1.MigrationServiceServer) string {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := grpc.NewServer()
	rekeyv1.RegisterMigrationServiceServer(server, api)
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	t.Cleanup(func() {
		server.Stop()
		if err := <-served; err != nil && !errors.Is(err, grpc.ErrServerStopped) { // stopped before it served
			t.Error(err)
		}
	})
	return listener.Addr().String()
}

func TestReportCommand(t *testing.T) {
	cases := map[string]struct {
		reason  string
		args    []string
		breaks  bool
		before  string // what the file held
		err     string
		file    string // what the file holds afterwards, in part
		printed string // what the standard output holds, in part
	}{
		"New":      {reason: "the file is written", args: []string{reportedID}, file: "checkout"},
		"Exists":   {reason: "what is there is kept", args: []string{reportedID}, before: "mine", err: "replace it with --force", file: "mine"},
		"Force":    {reason: "unless told otherwise", args: []string{"--force", reportedID}, before: "mine", file: "checkout"},
		"Broken":   {reason: "half a report replaces nothing", args: []string{"--force", reportedID}, breaks: true, before: "mine", err: "being stopped", file: "mine"},
		"Printed":  {reason: "to be piped on", args: []string{"-o", "-", reportedID}, printed: "checkout"},
		"No id":    {reason: "there is no default", err: "name the migration"},
		"Unknown":  {reason: "the API's answer is told, and no file is left", args: []string{"m-00000000000000000000"}, err: "no such migration"},
		"Far away": {reason: "nothing is sent in plaintext to another machine", args: []string{"--endpoint", "192.0.2.1:9090", reportedID}, err: "plaintext goes to this machine alone"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			path := filepath.Join(dir, "report.html")
			if tc.before != "" {
				if err := os.WriteFile(path, []byte(tc.before), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			args := append([]string{"rekey", "report", "--endpoint", serveAPI(t, oneMigration{breaks: tc.breaks}), "--file", path}, tc.args...)
			var stdout bytes.Buffer
			err := command(&stdout, io.Discard).Run(t.Context(), args)
			if (err == nil) != (tc.err == "") || (err != nil && !strings.Contains(err.Error(), tc.err)) {
				t.Fatalf("%s: got %v, want %q", tc.reason, err, tc.err)
			}
			if !strings.Contains(stdout.String(), tc.printed) || (stdout.Len() > 0) != (tc.printed != "") {
				t.Errorf("%s: printed %.200q", tc.reason, stdout.String())
			}
			content, err := os.ReadFile(path)
			if (tc.file == "") != errors.Is(err, os.ErrNotExist) || !strings.Contains(string(content), tc.file) {
				t.Errorf("%s: the file holds %.200q (%v), want %q", tc.reason, content, err, tc.file)
			}
			if left, _ := filepath.Glob(filepath.Join(dir, ".rekey-report-*")); len(left) > 0 {
				t.Errorf("left behind: %q", left)
			}
		})
	}
}
