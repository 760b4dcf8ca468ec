package main

import (
	"flag"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"rekey/internal/client/clienttest"
)

var update = flag.Bool("update", false, "write what the transcripts compare with anew")

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"rekey": main})
}

// The command line against a server with canned answers: what it asks, what it prints, what it exits with.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script", UpdateScripts: *update,
		Setup: func(env *testscript.Env) error {
			env.Setenv("REKEY_ENDPOINT", clienttest.Start(t))
			env.Setenv("REKEY_CALLER", "alice")
			env.Setenv("HOME", env.WorkDir)
			env.Setenv("XDG_CONFIG_HOME", env.WorkDir)
			for name, id := range map[string]string{
				"APPROVAL": clienttest.Approval, "RUNNING": clienttest.Running, "PAUSED": clienttest.Paused, "BAKING": clienttest.Baking,
				"DONE": clienttest.Done, "FAILED": clienttest.Failed, "GONE": clienttest.Gone, "DIGEST": clienttest.Digest,
			} {
				env.Setenv(name, id)
			}
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"exits": exits},
	})
}

// exits runs a command and checks its exit code: exits 3 rekey get m-…
func exits(ts *testscript.TestScript, _ bool, args []string) {
	err := ts.Exec(args[1], args[2:]...)
	code := "0"
	if err != nil {
		code = strings.TrimPrefix(err.Error(), "exit status ")
	}
	if code != args[0] {
		ts.Fatalf("exits %s, want %s", code, args[0])
	}
}
