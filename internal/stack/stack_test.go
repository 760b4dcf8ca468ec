package stack

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"rekey/internal/stack/stacktest"
)

// fleetOfOne is the smallest fleet: it has no canaries.
const fleetOfOne = `
accounts:
  - {id: "900000000001", name: hub, regions: [us-east-1]}
users:
  - {account: hub, name: rekey-hub, access_key_id: AKIAREKEYTEST0000001, secret_access_key: simulated, template: hub}
`

// config is a stack of the programs at bin, in directories of the test's own.
func config(t *testing.T, bin string) Config {
	t.Helper()
	fleet := filepath.Join(t.TempDir(), "fleet.yaml")
	if err := os.WriteFile(fleet, []byte(fleetOfOne), 0o600); err != nil {
		t.Fatal(err)
	}
	return Config{
		Bin: bin, Logs: filepath.Join(t.TempDir(), "logs"), Fleet: fleet, Headless: true,
		Credentials: Credentials{
			AccessKeyID: "AKIAREKEYTEST0000001", SecretAccessKey: "simulated", Region: "us-east-1", MemberRole: "rekey-member",
		},
	}
}

// addresses are where the processes of a stack listen.
func (s *Stack) addresses() []string {
	return []string{s.cfg.TemporalAddress, s.cfg.AWSAddress, s.cfg.ServerAddress}
}

func listens(t *testing.T, address string) bool {
	t.Helper()
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", address)
	if err != nil {
		return false
	}
	_ = conn.Close()
	return true
}

func TestStack(t *testing.T) {
	bin := stacktest.Programs(t)
	c := config(t, bin)
	c.Revive = func(died *DiedError) bool { return died.Process == Server }
	s, err := Start(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Stop()

	t.Run("a worker that was killed can be started again", func(t *testing.T) {
		if err := s.Kill(Worker); err != nil {
			t.Fatal(err)
		}
		if err := s.Restart(t.Context(), Worker); err != nil {
			t.Fatal(err)
		}
		if err := s.Err(); err != nil {
			t.Errorf("a kill that was asked for counts as a death: %v", err)
		}
	})

	t.Run("a process that dies is started again where that is asked for", func(t *testing.T) {
		first, err := s.process(Server)
		if err != nil {
			t.Fatal(err)
		}
		if err := first.cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		until(t, "another server answers", func() bool {
			second, err := s.process(Server)
			return err == nil && second != first && s.probe(second)(t.Context()) == nil
		})
		if err := s.Err(); err != nil {
			t.Errorf("a death that was made good counts: %v", err)
		}
	})

	t.Run("a process that dies is reported", func(t *testing.T) {
		p, err := s.process(AWS)
		if err != nil {
			t.Fatal(err)
		}
		if err := p.cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		<-s.Dead()
		var died *DiedError
		if !errors.As(s.Err(), &died) || died.Process != AWS {
			t.Errorf("the death is reported as %v", s.Err())
		}
	})

	t.Run("nothing is left after Stop", func(t *testing.T) {
		s.Stop()
		for _, address := range s.addresses() {
			if listens(t, address) {
				t.Errorf("something still listens on %s", address)
			}
		}
	})
}

func TestAddressInUseIsNamed(t *testing.T) {
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	c := config(t, t.TempDir())
	c.UIAddress, c.Headless = l.Addr().String(), false
	_, err = Start(t.Context(), c)
	var in *AddressError
	if !errors.As(err, &in) || in.What != "Temporal's web UI" || !strings.Contains(err.Error(), l.Addr().String()) {
		t.Errorf("starting with an address in use ends with %v", err)
	}
}

func TestFailedStartLeavesNothing(t *testing.T) {
	c := config(t, stacktest.Programs(t))
	if err := os.WriteFile(c.Fleet, []byte("accounts: 7"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := Start(t.Context(), c)
	var died *DiedError
	if !errors.As(err, &died) || died.Process != AWS || !strings.Contains(died.Tail, "accounts") {
		t.Errorf("starting with a broken fleet ends with %v, want the reason that awssim gave", err)
	}
}

func TestUnreachableTemporalIsNamed(t *testing.T) {
	t.Setenv("TEMPORAL_ADDRESS", "127.0.0.1:1")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	c := config(t, t.TempDir())
	c.UseTemporal = true
	_, err := Start(ctx, c)
	if err == nil || !strings.Contains(err.Error(), "127.0.0.1:1") || !strings.Contains(err.Error(), "TEMPORAL_ADDRESS") {
		t.Errorf("starting on a Temporal server that does not answer ends with %v", err)
	}
}

// The kernel ends the processes of a parent that had no chance to; see attributes.
func TestNothingIsLeftOfParentThatIsKilled(t *testing.T) {
	c := config(t, stacktest.Programs(t))
	text, err := json.Marshal(map[string]string{"Bin": c.Bin, "Logs": c.Logs, "Fleet": c.Fleet})
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), role+"=parent", "STACK_TEST_CONFIG="+string(text))
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var addresses []string
	if err := json.NewDecoder(out).Decode(&addresses); err != nil {
		t.Fatalf("the parent did not start its stack: %v", err)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // it was killed
	for _, address := range addresses {
		until(t, "nothing listens on "+address, func() bool { return !listens(t, address) })
	}
}

// parent starts a stack, tells where, and waits to be killed.
func parent() {
	var c Config
	if err := json.Unmarshal([]byte(os.Getenv("STACK_TEST_CONFIG")), &c); err != nil {
		panic(err)
	}
	c.Headless = true
	s, err := Start(context.Background(), c)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	_ = json.NewEncoder(os.Stdout).Encode(s.addresses())
	select {}
}
