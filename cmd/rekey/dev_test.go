package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"rekey/internal/demo"
	"rekey/internal/stack"
	"rekey/internal/stack/stacktest"
)

// The commands that rekey dev prints work when they are pasted, all at once too.
func TestPrintedCommandsWork(t *testing.T) {
	bin := stacktest.Programs(t)
	if _, err := os.Stat(filepath.Join(bin, "grpcurl")); err != nil {
		t.Skipf("%v; make build/bin/grpcurl builds it", err)
	}
	dir := t.TempDir()
	f, err := demo.Fleet()
	if err != nil {
		t.Fatal(err)
	}
	world, err := demo.ReadWorld(f)
	if err != nil {
		t.Fatal(err)
	}
	config := stack.Config{
		Bin: bin, Logs: dir, Fleet: filepath.Join(dir, "fleet.yaml"), TimeScale: 60, Headless: true, Credentials: world.Credentials,
	}
	if err := demo.WriteFleet(config.Fleet); err != nil {
		t.Fatal(err)
	}
	s, err := stack.Start(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Stop()
	i := introduction{config: config, world: world, spec: filepath.Join(dir, "spec.yaml")}
	if err := demo.WriteSpec(i.spec, world.Spec, toTry); err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	if err := i.introduce(&text, s); err != nil {
		t.Fatal(err)
	}
	run := func(command, want string) {
		t.Helper()
		out, err := exec.CommandContext(t.Context(), "bash", "-c", command).CombinedOutput()
		if err != nil {
			t.Fatalf("%s: %v\n%s", command, err, out)
		}
		if !strings.Contains(string(out), want) {
			t.Errorf("%s answers, without %s:\n%s", command, want, out)
		}
	}

	// Both ask for one migration: the server would refuse the second, were its request another one.
	own := pasted(text.String(), "rekey --endpoint")
	if len(own) != 6 {
		t.Fatalf("%d commands of rekey are printed, want 6:\n%s", len(own), &text)
	}
	run(own[0], "rekey approve "+devMigration)
	commands := pasted(text.String(), "grpcurl -plaintext")
	if len(commands) != 3 {
		t.Fatalf("%d commands of grpcurl are printed, want 3:\n%s", len(commands), &text)
	}
	for i, want := range []string{`"id": "` + devMigration + `"`, `"state": "MIGRATION_STATE_RUNNING"`, `"name": "shop-home"`} {
		run(commands[i], want)
	}
	run(own[3], "shop-home")
	run(own[4], "report.html")
}

// pasted are the lines of a text that are commands.
func pasted(text, command string) []string {
	var commands []string
	for line := range strings.Lines(text) {
		if strings.Contains(line, command) {
			commands = append(commands, strings.TrimSpace(line))
		}
	}
	return commands
}

// What the README says to paste is what rekey dev prints.
func TestREADMEHasThePrintedCommands(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	f, err := demo.Fleet()
	if err != nil {
		t.Fatal(err)
	}
	world, err := demo.ReadWorld(f)
	if err != nil {
		t.Fatal(err)
	}
	commands, err := firstCommands("build/bin/grpcurl", "127.0.0.1:9090", world)
	if err != nil {
		t.Fatal(err)
	}
	for _, command := range commands {
		if !strings.Contains(string(readme), command) {
			t.Errorf("the README does not have the command %s", command)
		}
	}
}

func TestAddressInUseNamesTheFlag(t *testing.T) {
	for what, flag := range map[string]string{
		"Temporal": "--temporal-listen", "Temporal's web UI": "--ui-listen", "the simulated AWS": "--aws-listen", "rekey-server": "--listen",
	} {
		err := explain(&stack.AddressError{What: what, Address: "127.0.0.1:9", Err: os.ErrExist})
		if !strings.HasSuffix(err.Error(), flag) || !strings.Contains(err.Error(), "127.0.0.1:9") {
			t.Errorf("%s: %v, want the address and %s", what, err, flag)
		}
	}
}
