package main

import (
	"bufio"
	"errors"
	"os"
	"os/exec"
	"testing"

	"rekey/internal/client/clienttest"
)

// A watch that is interrupted exits as shells expect.
func TestInterrupt(t *testing.T) {
	c := exec.CommandContext(t.Context(), "rekey", "watch", clienttest.Paused, "--endpoint", clienttest.Start(t))
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := bufio.NewReader(out).ReadString('\n'); err != nil {
		t.Fatal(err)
	}
	if err := c.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	var exit *exec.ExitError
	if err := c.Wait(); !errors.As(err, &exit) || exit.ExitCode() != exitInterrupted {
		t.Errorf("%v, want exit status %d", err, exitInterrupted)
	}
}
