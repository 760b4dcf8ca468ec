package docs

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"rekey/awssim/fleet"
	"rekey/internal/demo"
	"rekey/internal/stack"
	"rekey/internal/stack/stacktest"
)

// endOfOutput is the line that the shell prints after each command.
const endOfOutput = "\x04end"

// patience is how long a command may take before it counts as hanging.
const patience = 5 * time.Minute

// shell is one bash, in a directory of its own, in which the commands of a page are run one after another.
type shell struct {
	in    io.Writer
	lines <-chan string
	// addresses are where the page says that something listens, and where it does.
	addresses *strings.Replacer
	back      *strings.Replacer
}

// addressOf finds the addresses that a page names.
var addressOf = regexp.MustCompile(`127\.0\.0\.1:9\d{3}`)

// newShell starts the stack that the page asks for, and a bash beside it.
func newShell(t *testing.T, text string) *shell {
	t.Helper()
	s, bin := serve(t, text)
	here, there := []string{}, []string{}
	for _, address := range addressOf.FindAllString(text, -1) {
		actual := s.Server()
		if address != "127.0.0.1:9090" {
			actual = freeAddress(t)
		}
		if !strings.Contains(strings.Join(here, " "), address) {
			here, there = append(here, address, actual), append(there, actual, address)
		}
	}
	there = append(there, s.Evidence(), "/…/build/dev/evidence")
	dir := t.TempDir()
	if err := os.CopyFS(filepath.Join(dir, "docs/examples"), os.DirFS("examples")); err != nil {
		t.Fatal(err)
	}
	// The test's context ends before the cleanup: bash would be killed before it could end what it has started.
	cmd := exec.CommandContext(context.WithoutCancel(t.Context()), "bash", "--noprofile", "--norc")
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Dir = dir
	cmd.Env = append(os.Environ(),
		"PATH="+bin+string(filepath.ListSeparator)+os.Getenv("PATH"), "HOME="+dir, "XDG_CONFIG_HOME="+dir,
		"REKEY_ENDPOINT="+s.Server(), "REKEY_CALLER=alice", "TEMPORAL_ADDRESS="+s.Temporal(), "TEMPORAL_CONFIG_FILE="+os.DevNull,
	)
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr, cmd.WaitDelay = cmd.Stdout, time.Second
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = in.Close() // bash ends, and what it started with it
		if t.Failed() {
			_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) // it may hang in a command
		}
		_ = cmd.Wait()
	})
	sh := &shell{in: in, lines: linesOf(out), addresses: strings.NewReplacer(here...), back: strings.NewReplacer(there...)}
	sh.run(t, "trap 'kill $(jobs -p) 2>/dev/null' EXIT")
	return sh
}

// linesOf are the lines of what somebody writes, as they come.
func linesOf(r io.Reader) <-chan string {
	lines := make(chan string)
	go func() {
		defer close(lines)
		for scanner := bufio.NewScanner(r); scanner.Scan(); {
			lines <- strings.TrimRight(scanner.Text(), " ")
		}
	}()
	return lines
}

// serve starts what "rekey dev" starts, with the flags that the page gives it.
func serve(t *testing.T, text string) (s *stack.Stack, bin string) {
	t.Helper()
	bin = stacktest.Programs(t)
	config := stack.Config{Bin: bin, Logs: t.TempDir(), TimeScale: demo.TimeScale, Headless: true}
	config.Fleet = filepath.Join(config.Logs, "fleet.yaml")
	if err := demo.WriteFleet(config.Fleet); err != nil {
		t.Fatal(err)
	}
	line := devLine.FindStringSubmatch(text)
	if line == nil {
		t.Fatal("the page does not say what to start: rekey dev …")
	}
	for words := strings.Fields(line[1]); len(words) > 1; words = words[2:] {
		switch words[0] {
		case "--fleet":
			config.Fleet = filepath.Join("..", words[1])
		case "--time-scale":
			if _, err := fmt.Sscan(words[1], &config.TimeScale); err != nil {
				t.Fatal(err)
			}
		default:
			t.Fatalf("the page starts rekey dev with %s, which the test does not know", words[0])
		}
	}
	f, err := fleet.Load(config.Fleet)
	if err != nil {
		t.Fatal(err)
	}
	world, err := demo.ReadWorld(f)
	if err != nil {
		t.Fatal(err)
	}
	config.Credentials, config.Development, config.PricePerRun = world.Credentials, true, demo.PricePerRun
	if s, err = stack.Start(t.Context(), config); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Stop)
	return s, bin
}

// run runs a command, and returns the lines that it printed.
func (sh *shell) run(t *testing.T, text string) []string {
	t.Helper()
	// The command's own exit code is kept for one that asks for it.
	_, err := fmt.Fprintf(sh.in, "{ %s\n} </dev/null\nrc=$?; printf '\\n%%s\\n' '%s'; (exit $rc)\n", sh.addresses.Replace(text), endOfOutput)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	lines := sh.until(t, text, endOfOutput)
	for len(lines) > 0 && lines[len(lines)-1] == "" {
		lines = lines[:len(lines)-1]
	}
	return lines
}

// until reads up to a line.
func (sh *shell) until(t *testing.T, text, end string) []string {
	t.Helper()
	var lines []string
	hangs := time.After(patience)
	for {
		select {
		case line, ok := <-sh.lines:
			switch {
			case !ok:
				t.Fatalf("the shell has ended in %s\n%s", text, strings.Join(lines, "\n"))
			case line == end:
				return lines
			}
			lines = append(lines, sh.back.Replace(line))
		case <-hangs:
			t.Fatalf("no end of %s\n%s", text, strings.Join(lines, "\n"))
		}
	}
}

// freeAddress is an address on which nobody listens, nor will until the page's commands do.
func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := stack.Listen(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().String()
}
