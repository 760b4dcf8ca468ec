package tables

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"rekey/internal/client/clienttest"
)

var update = flag.Bool("update", false, "write the golden files anew")

// width is what a table must fit on.
const width = 160

var names = Accounts{clienttest.Shop: "shop", clienttest.Payments: "payments", "900000000002": "security"}

func TestTables(t *testing.T) {
	for file, got := range map[string]string{
		"plan.txt":    Plan(clienttest.Canaries(), names) + "\n" + KeyLegend(clienttest.Canaries(), names),
		"outcome.txt": Outcome(clienttest.Canaries(), names) + "\n",
	} {
		t.Run(file, func(t *testing.T) {
			for line := range strings.Lines(got) {
				if n := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); n > width {
					t.Errorf("%d columns, want %d at most: %s", n, width, line)
				}
			}
			golden(t, file, got)
		})
	}
}

func golden(t *testing.T, file, got string) {
	t.Helper()
	path := filepath.Join("testdata", file)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got; go test ./internal/tables -update writes it anew):\n%s", path, diff)
	}
}
