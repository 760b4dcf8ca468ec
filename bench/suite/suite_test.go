package suite

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A part that fails does not stop those after it, and fails the whole.
func TestAPartThatFailsFailsTheWhole(t *testing.T) {
	for name, test := range map[string]struct {
		reason string
		parts  []part
		want   string
		fails  bool
	}{
		"all well":  {"nothing is broken", []part{{name: "a"}, {name: "b"}}, "bench: parts=2 broken=0", false},
		"one fails": {"what comes after it is still measured", []part{{name: "fail"}, {name: "b"}}, "bench: parts=2 broken=1", true},
		"no programs": {
			"what only computes has no flag for a directory of programs", []part{{name: "a", computes: true}}, "bench: parts=1 broken=0", false,
		},
	} {
		t.Run(name, func(t *testing.T) {
			var log strings.Builder
			r := runner{program: script(t), out: t.TempDir(), bin: "bin", log: &log}
			if err := r.all(t.Context(), test.parts); (err != nil) != test.fails {
				t.Errorf("%s: %v", test.reason, err)
			}
			lines := strings.Split(strings.TrimSpace(log.String()), "\n")
			if last := lines[len(lines)-1]; !strings.HasPrefix(last, test.want) {
				t.Errorf("%s: the last line is %q, want %q", test.reason, last, test.want)
			}
			for _, p := range test.parts {
				if want := p.name + ": counts of " + p.name; !strings.Contains(log.String(), want) {
					t.Errorf("%s: no %q in\n%s", test.reason, want, log.String())
				}
				if got := strings.Contains(log.String(), p.name+" has programs"); got == p.computes {
					t.Errorf("%s: %s was told of programs: %t", test.reason, p.name, got)
				}
			}
		})
	}
}

// script is a benchmark that prints its counts, and fails when its name says so.
func script(t *testing.T) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "bench")
	text := "#!/bin/sh\n[ \"$4\" = --bin ] && echo \"$1 has programs\"\necho counts of $1\n[ $1 != fail ]\n"
	if err := os.WriteFile(file, []byte(text), 0o700); err != nil { //nolint:gosec // a program
		t.Fatal(err)
	}
	return file
}

func TestChoose(t *testing.T) {
	for name, test := range map[string]struct {
		names []string
		want  []string
		fails bool
	}{
		"none": {nil, []string{"migrate", "designs", "limiter", "load", "control", "peers", "edits"}, false},
		"two":  {[]string{"peers", "limiter"}, []string{"limiter", "peers"}, false},
		"typo": {[]string{"peer"}, nil, true},
	} {
		parts, err := choose(partsOf(true), test.names)
		var got []string
		for _, p := range parts {
			got = append(got, p.name)
		}
		if diff := cmp.Diff(test.want, got); diff != "" || (err != nil) != test.fails {
			t.Errorf("%s: %v (-want +got):\n%s", name, err, diff)
		}
	}
}
