package docs

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"rekey/internal/stack/stacktest"
)

// helpFlag is a flag as --help lists it, with its variable where it has one.
var helpFlag = regexp.MustCompile(`(?m)^   (--[a-z-]+).*?(?:\[\$(REKEY_[A-Z_]+)\])?$`)

// Operations has a row for each flag of the programs, with its variable.
func TestOperationsHasEveryFlag(t *testing.T) {
	bin := stacktest.Programs(t)
	text, err := os.ReadFile("operations.md")
	if err != nil {
		t.Fatal(err)
	}
	for name, args := range map[string][]string{
		"rekey-server": nil, "rekey-worker": nil, "rekey": nil, "rekey dev": {"dev"},
	} {
		program := filepath.Join(bin, strings.Fields(name)[0])
		help, err := exec.CommandContext(t.Context(), program, append(args, "--help")...).Output()
		if err != nil {
			t.Fatalf("%s --help: %v", name, err)
		}
		flags := helpFlag.FindAllStringSubmatch(string(help), -1)
		if len(flags) < 5 {
			t.Fatalf("%s --help lists %d flags", name, len(flags))
		}
		for _, flag := range flags {
			row := "| `" + flag[1] + "`"
			if flag[2] != "" {
				row += " | `" + flag[2] + "`"
			}
			if flag[1] != "--help" && flag[1] != "--version" && !strings.Contains(string(text), row) {
				t.Errorf("operations.md has no row %s, of %s", row, name)
			}
		}
	}
}
