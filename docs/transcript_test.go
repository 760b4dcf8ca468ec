package docs

import (
	"flag"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the transcripts of the pages anew")

// The transcripts are what their commands print, but for times, ids and digests: each page's commands are run one after
// another, on the stack that the page says. make transcripts writes them anew.
func TestTranscripts(t *testing.T) {
	for _, file := range []string{"grpcurl.md", "operations.md"} {
		t.Run(file, func(t *testing.T) {
			t.Parallel()
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := exec.LookPath("openssl"); err != nil && strings.Contains(string(text), "openssl req") {
				t.Skip("the page makes certificates by openssl, which is not on the PATH")
			}
			p, err := parse(string(text))
			if err != nil {
				t.Fatal(err)
			}
			sh := newShell(t, string(text))
			for _, c := range p.commands() {
				all := sh.run(t, c.text)
				t.Logf("$ %s\n%s", c.text, strings.Join(all, "\n"))
				got := c.abridge(all)
				if diff := cmp.Diff(normal(c.output), normal(got)); diff != "" && !*update {
					t.Errorf("%s:%d: $ %s (-page +run):\n%s", file, c.line, c.text, diff)
				}
				c.output = got
			}
			if !*update {
				return
			}
			if err := os.WriteFile(file, []byte(p.String()), 0o600); err != nil {
				t.Fatal(err)
			}
		})
	}
}
