package synthetics

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"rekey/awssim/model"
)

// snapshots is the folder of the request vectors that the SDK's module brings along.
func snapshots(t *testing.T) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "go", "list", "-m", "-f", "{{.Dir}}", "github.com/aws/aws-sdk-go-v2/service/synthetics").Output()
	if err != nil {
		t.Fatal(err)
	}
	return filepath.Join(strings.TrimSpace(string(out)), "request_snapshot")
}

// TestSnapshots routes and reads each operation's vector: every member that the SDK can send has a field here,
// of the right type.
func TestSnapshots(t *testing.T) {
	bodies := map[string]func() any{
		"DescribeCanaries":        func() any { return new(describeInput) },
		"DescribeCanariesLastRun": func() any { return new(describeInput) },
		"DescribeRuntimeVersions": func() any { return new(page) },
		"GetCanary":               nil,
		"GetCanaryRuns":           func() any { return new(runsInput) },
		"StartCanary":             nil,
		"StopCanary":              nil,
		"StartCanaryDryRun":       func() any { return new(change) },
		"UpdateCanary":            func() any { return new(change) },
	}
	for op, into := range bodies {
		t.Run(op, func(t *testing.T) {
			if !model.Knows("synthetics", op) {
				t.Error("the model's constraints have not been generated for it")
			}
			raw, err := os.ReadFile(filepath.Join(snapshots(t), op+".request.snap"))
			if err != nil {
				t.Fatal(err)
			}
			line, rest, _ := strings.Cut(string(raw), "\n")
			method, target, _ := strings.Cut(strings.TrimSpace(line), " ")
			path, _, _ := strings.Cut(target, "?")
			got, name := route(method, path)
			if got != op || strings.Contains(path, "__Name__") != (name == "__Name__") {
				t.Fatalf("%s %s is routed to %q with name %q", method, path, got, name)
			}
			if into == nil {
				return
			}
			_, body, _ := strings.Cut(rest, "\n\nContent-Type: application/json\n\n")
			if _, after, ok := strings.Cut(rest, "application/json"); ok {
				body = after
			}
			d := json.NewDecoder(bytes.NewReader([]byte(strings.TrimSpace(body))))
			d.DisallowUnknownFields()
			if err := d.Decode(into()); err != nil {
				t.Errorf("%v in %s", err, body)
			}
		})
	}
}

func TestEverySimulatedOperationIsRouted(t *testing.T) {
	if len(operations) != 9 {
		t.Errorf("%d operations", len(operations))
	}
	for _, path := range []string{"/", "/canary", "/canary/a/b", "/canary/%zz", "/canaries/x", "/tags/arn"} {
		if op, _ := route("POST", path); op != "" {
			t.Errorf("POST %s is routed to %s", path, op)
		}
	}
}
