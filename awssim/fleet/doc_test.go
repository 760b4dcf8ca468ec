package fleet

import (
	"os"
	"strings"
	"testing"
)

// TestTheDocumentedFleetHolds keeps the minimal fleet of docs/awssim.md true.
func TestTheDocumentedFleetHolds(t *testing.T) {
	text, err := os.ReadFile("../../docs/awssim.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, found := strings.Cut(string(text), "```yaml\n")
	sample, _, _ := strings.Cut(rest, "```")
	if !found {
		t.Fatal("the document has no fleet")
	}
	f, err := Parse([]byte(sample))
	if err != nil {
		t.Fatal(err)
	}
	if len(f.Canaries) != 1 || len(f.TargetKeys()) != 1 {
		t.Errorf("%d canaries, %d targets", len(f.Canaries), len(f.TargetKeys()))
	}
}
