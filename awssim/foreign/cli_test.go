package foreign

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// patience is how long a script waits for a condition.
const patience = 2 * time.Minute

// TestCLI runs the scripts, each in a world of its own. Beside testscript's commands they have
//
//	as USER                a user of the world calls from now on, or "nobody", without credentials
//	assume ROLE [ARG...]   a role calls from now on, with more arguments for sts assume-role
//	aws ARG...             a call; what it prints can be looked at with stdout and stderr
//	until PATTERN ARG...   the same call again and again, until stdout matches
//	keep NAME              puts the last stdout into a variable
//
// and the condition [knows:SERVICE:COMMAND]: the installed CLI has the command.
func TestCLI(t *testing.T) {
	needs(t, "the aws CLI", "aws", "--version")
	testscript.Run(t, testscript.Params{
		Dir: filepath.Join("testdata", "cli"),
		Setup: func(env *testscript.Env) error {
			w, err := open(5 * time.Second)
			if err != nil {
				return err
			}
			env.Defer(w.close)
			env.Values["world"] = w
			home := filepath.Join(env.WorkDir, ".home")
			env.Vars = append(env.Vars, w.environment(home)...)
			return os.Mkdir(home, 0o700)
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"as": as, "assume": assume, "aws": call, "until": until, "keep": keep,
		},
		Condition: func(condition string) (bool, error) {
			command := strings.Split(strings.TrimPrefix(condition, "knows:"), ":")
			err := exec.CommandContext(t.Context(), "aws", append(command, "--generate-cli-skeleton")...).Run()
			return err == nil, nil
		},
	})
}

func as(s *testscript.TestScript, _ bool, args []string) {
	if args[0] == "nobody" {
		become(s, "", "", "")
		return
	}
	u, err := s.Value("world").(*world).user(args[0])
	s.Check(err)
	become(s, u.AccessKey, u.Secret, "")
}

func become(s *testscript.TestScript, id, secret, token string) {
	s.Setenv("AWS_ACCESS_KEY_ID", id)
	s.Setenv("AWS_SECRET_ACCESS_KEY", secret)
	s.Setenv("AWS_SESSION_TOKEN", token)
}

func assume(s *testscript.TestScript, _ bool, args []string) {
	call(s, false, append([]string{"sts", "assume-role", "--role-session-name", "script", "--role-arn"}, args...))
	var out struct {
		Credentials struct{ AccessKeyID, SecretAccessKey, SessionToken string }
	}
	s.Check(json.Unmarshal([]byte(s.ReadFile("stdout")), &out))
	become(s, out.Credentials.AccessKeyID, out.Credentials.SecretAccessKey, out.Credentials.SessionToken)
}

// call says what went wrong also where a failure was expected: a CLI that doesn't understand its arguments, or
// breaks over an answer, is not what a script means by "!".
func call(s *testscript.TestScript, fails bool, args []string) {
	err := s.Exec("aws", args...)
	switch {
	case err != nil && !fails:
		s.Fatalf("aws %s: %v", strings.Join(args, " "), err)
	case err == nil && fails:
		s.Fatalf("aws %s succeeded", strings.Join(args, " "))
	case fails && !strings.Contains(s.ReadFile("stderr"), "An error occurred ("):
		s.Fatalf("aws %s failed without an answer from the service", strings.Join(args, " "))
	}
}

func until(s *testscript.TestScript, _ bool, args []string) {
	pattern, err := regexp.Compile("(?m)" + args[0])
	s.Check(err)
	for deadline := time.Now().Add(patience); ; {
		call(s, false, args[1:])
		switch {
		case pattern.MatchString(s.ReadFile("stdout")):
			return
		case time.Now().After(deadline):
			s.Fatalf("%s didn't come within %s", args[0], patience)
		}
	}
}

func keep(s *testscript.TestScript, _ bool, args []string) {
	s.Setenv(args[0], strings.TrimSpace(s.ReadFile("stdout")))
}
