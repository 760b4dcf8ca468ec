package evidence

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/google/jsonschema-go/jsonschema"

	"rekey/workflows"
)

// The page's tables stand between these lines.
const (
	tablesBegin = "<!-- Fields: go test ./workflows/activities/evidence -update -->\n"
	tablesEnd   = "<!-- End of fields. -->\n"
)

// TestPageTellsEveryField holds the tables of docs/evidence.md against the schema.
func TestPageTellsEveryField(t *testing.T) {
	page, err := os.ReadFile(pageFile)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, _ := strings.Cut(string(page), tablesBegin)
	_, after, found := strings.Cut(rest, tablesEnd)
	if !found {
		t.Fatalf("%s has no place for tables", pageFile)
	}
	want := before + tablesBegin + tables(schema(t)) + tablesEnd + after
	if *update {
		if err := os.WriteFile(pageFile, []byte(want), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := gocmp.Diff(want, string(page)); diff != "" {
		t.Errorf("go test ./workflows/activities/evidence -update writes the tables anew (-want +got):\n%s", diff)
	}
}

// TestExampleKeepsToTheSchema holds the page's example, which an end-to-end test wrote, against the schema of today.
func TestExampleKeepsToTheSchema(t *testing.T) {
	page, err := os.ReadFile(pageFile)
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(page), "```json\n")
	example, _, found := strings.Cut(rest, "```\n")
	var cell workflows.CellEvidence
	if err := json.Unmarshal([]byte(example), &cell); err != nil || !found || len(cell.Canaries) == 0 {
		t.Fatalf("the page has no example: %v", err)
	}
	validate(t, json.RawMessage(example), "CellEvidence")
}

// tables are a table for each object of the schema, those of the files first.
func tables(s *jsonschema.Schema) string {
	var names []string
	for _, d := range documents {
		names = append(names, d.Name())
	}
	for _, name := range slices.Sorted(maps.Keys(s.Defs)) {
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	var b strings.Builder
	for _, name := range names {
		def := s.Defs[name]
		fmt.Fprintf(&b, "\n### %s\n\n%s\n\n| Field | Type | Meaning |\n|---|---|---|\n", name, def.Description)
		for _, field := range def.PropertyOrder {
			p := def.Properties[field]
			fmt.Fprintf(&b, "| `%s` | %s | %s |\n", field, kind(p), strings.ReplaceAll(p.Description, "|", `\|`))
		}
	}
	return b.String() + "\n"
}

// kind is the type of a value, as readers of JSON say it.
func kind(p *jsonschema.Schema) string {
	switch {
	case p.Ref != "":
		name := strings.TrimPrefix(p.Ref, "#/$defs/")
		return fmt.Sprintf("[%s](#%s)", name, strings.ToLower(name))
	case p.Items != nil:
		return "list of " + kind(p.Items)
	case p.AdditionalProperties != nil && p.Properties == nil:
		return "map to " + kind(p.AdditionalProperties)
	case p.Format == "date-time":
		return "time"
	case p.Type != "":
		return p.Type
	}
	return strings.Join(slices.DeleteFunc(slices.Clone(p.Types), func(t string) bool { return t == "null" }), " or ")
}
