package stack

import (
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// role makes the test's own program one of the processes below.
const role = "STACK_TEST_ROLE"

func TestMain(m *testing.M) {
	switch os.Getenv(role) {
	case "":
		os.Exit(m.Run())
	case "dies":
		for i := range 40 {
			fmt.Println("line", i)
		}
		fmt.Fprintln(os.Stderr, "the reason")
		os.Exit(3)
	case "stubborn":
		signal.Ignore(syscall.SIGTERM)
		fmt.Println("ready")
		select {}
	case "parent":
		parent()
	}
}

// run starts the test's own program in a role; deaths gets what is told about its end.
func run(t *testing.T, as string) (p *process, deaths chan *DiedError) {
	t.Helper()
	on := newSpawner()
	t.Cleanup(on.close)
	deaths = make(chan *DiedError, 1)
	log := filepath.Join(t.TempDir(), "process.log")
	p, err := start(on, "process", log, command{program: os.Args[0], env: []string{role + "=" + as}}, func(died *DiedError) { deaths <- died })
	if err != nil {
		t.Fatal(err)
	}
	return p, deaths
}

func TestDeathIsReportedWithTheEndOfTheLog(t *testing.T) {
	p, deaths := run(t, "dies")
	err := <-deaths
	for _, want := range []string{"process has died", "exit status 3", p.log, "line 39", "the reason"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is missing in: %v", want, err)
		}
	}
	if strings.Contains(err.Error(), "line 5\n") {
		t.Errorf("the beginning of a long log is shown: %v", err)
	}
}

func TestProcessThatDoesNotEndIsKilled(t *testing.T) {
	p, deaths := run(t, "stubborn")
	until(t, "the process ignores SIGTERM", func() bool { return strings.Contains(tail(p.log), "ready") })
	p.end(time.Millisecond)
	if state := p.cmd.ProcessState.String(); state != "signal: killed" {
		t.Errorf("the process has ended with %s, want a kill", state)
	}
	select {
	case err := <-deaths:
		t.Errorf("an end that was asked for is reported as a death: %v", err)
	default:
	}
}

// until waits for a condition; the test's own deadline bounds it.
func until(t *testing.T, what string, condition func() bool) {
	t.Helper()
	again := time.NewTicker(10 * time.Millisecond)
	defer again.Stop()
	for !condition() {
		select {
		case <-t.Context().Done():
			t.Fatalf("waiting until %s: %v", what, t.Context().Err())
		case <-again.C:
		}
	}
}

func TestSecretsAreHandedOverInTheEnvironmentOnly(t *testing.T) {
	t.Setenv("AWS_PROFILE", "of-the-user")
	t.Setenv("AWS_SESSION_TOKEN", "of-the-user")
	t.Setenv("TEMPORAL_API_KEY", "of-the-user")
	c := Config{Credentials: Credentials{AccessKeyID: "AKIA", SecretAccessKey: "top-secret"}, AWSAddress: "127.0.0.1:1"}
	for _, name := range []string{Temporal, AWS, Server, Worker} {
		command := c.command(name)
		if args := strings.Join(command.args, " "); strings.Contains(args, "top-secret") {
			t.Errorf("%s has the secret among its arguments: %s", name, args)
		}
		env := strings.Join(command.env, "\n")
		if strings.Contains(env, "of-the-user") {
			t.Errorf("%s inherits configuration of the user's", name)
		}
		if got := strings.Contains(env, "AWS_SECRET_ACCESS_KEY=top-secret"); got != (name == Worker) {
			t.Errorf("%s has the secret: %v; the worker alone needs it", name, got)
		}
	}
}

func TestUsersTemporalIsNamedToThoseThatNeedIt(t *testing.T) {
	t.Setenv("TEMPORAL_ADDRESS", "temporal.example:7233")
	c := Config{UseTemporal: true}
	for name, want := range map[string]bool{AWS: false, Server: true, Worker: true} {
		if got := strings.Contains(strings.Join(c.command(name).env, "\n"), "TEMPORAL_ADDRESS=temporal.example:7233"); got != want {
			t.Errorf("%s is told the address: %v, want %v", name, got, want)
		}
	}
}
