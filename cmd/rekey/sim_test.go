package main

import (
	"context"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rekey/awssim/fleet"
	"rekey/awssim/sim"
)

func TestParseSize(t *testing.T) {
	cases := map[string]struct {
		reason, text, err string
		want              [6]int // canaries, accounts, regions, units, depth, seed
	}{
		"All":     {reason: "every number counts", text: "canaries=200,accounts=10,regions=2,units=5,depth=3,seed=7", want: [6]int{200, 10, 2, 5, 3, 7}},
		"Some":    {reason: "what is not given has its default", text: "canaries=3", want: [6]int{3, 1, 1, 0, 0, 0}},
		"Unknown": {reason: "a name that means nothing is refused, and the others are named", text: "canarys=3", err: `no "canarys"; known are seed, accounts, canaries, depth`},
		"Number":  {reason: "so is what is no number", text: "canaries=many", err: `"canaries=many" is not a name and a number`},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			got, err := parseSize(tc.text)
			if tc.err != "" {
				if err == nil || !strings.Contains(err.Error(), tc.err) {
					t.Errorf("%s: got %v, want %q", tc.reason, err, tc.err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			size := [6]int{got.Canaries, got.Accounts, got.RegionsPerAccount, got.Units, got.UnitDepth, int(got.Seed)} //nolint:gosec // a small number
			if diff := cmp.Diff(tc.want, size); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.reason, diff)
			}
		})
	}
}

func TestSimEndsWithItsContext(t *testing.T) {
	read, write := io.Pipe()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		ended <- serveSim(ctx, write, "127.0.0.1:0", sim.Config{Fleet: fleet.Generate(fleet.GeneratorConfig{Canaries: 2})})
		_ = write.Close()
	}()
	var told strings.Builder
	buffer := make([]byte, 4096)
	for !strings.Contains(told.String(), "Ctrl-C") {
		n, err := read.Read(buffer)
		if err != nil {
			t.Fatalf("%v: %v", err, <-ended)
		}
		told.Write(buffer[:n])
	}
	for _, want := range []string{"2 canaries", "export AWS_ENDPOINT_URL=http://127.0.0.1:", "AWS_SECRET_ACCESS_KEY=", "/_awssim/verdict"} {
		if !strings.Contains(told.String(), want) {
			t.Errorf("%q is missing in:\n%s", want, &told)
		}
	}
	cancel()
	if err := <-ended; err != nil {
		t.Errorf("ending it fails: %v", err)
	}
}

func TestNullDeviceIsNoTerminal(t *testing.T) {
	null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer null.Close()
	if isTerminal(null) || isTerminal(&strings.Builder{}) {
		t.Error("the null device or a buffer is taken for a terminal")
	}
}

func TestHelpHasExamples(t *testing.T) {
	root := command(io.Discard, io.Discard)
	for _, c := range append(root.Commands, root) {
		if !strings.Contains(c.Description, "\n   rekey "+strings.TrimPrefix(c.Name, "rekey")) && !strings.Contains(c.Description, "\n   rekey demo") {
			t.Errorf("%s: the help has no example", c.Name)
		}
	}
}
