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
	var text strings.Builder
	if err := introduce(&text, s, config, world); err != nil {
		t.Fatal(err)
	}

	commands := pasted(text.String())
	if len(commands) != 3 {
		t.Fatalf("%d commands are printed, want 3:\n%s", len(commands), &text)
	}
	for i, want := range []string{`"id": "` + devMigration + `"`, `"state": "MIGRATION_STATE_RUNNING"`, `"name": "shop-home"`} {
		out, err := exec.CommandContext(t.Context(), "bash", "-c", commands[i]).CombinedOutput()
		if err != nil {
			t.Fatalf("%s: %v\n%s", commands[i], err, out)
		}
		if !strings.Contains(string(out), want) {
			t.Errorf("%s answers, without %s:\n%s", commands[i], want, out)
		}
	}
}

// pasted are the lines of a text that are commands.
func pasted(text string) []string {
	var commands []string
	for line := range strings.Lines(text) {
		if strings.Contains(line, "grpcurl -plaintext") {
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
