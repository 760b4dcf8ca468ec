package evidence

import (
	"cmp"
	"encoding/json"
	"flag"
	"os"
	"reflect"
	"slices"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/google/jsonschema-go/jsonschema"

	"rekey/workflows"
)

var update = flag.Bool("update", false, "write docs/evidence.schema.json and the tables of docs/evidence.md anew")

const (
	schemaFile = "../../../docs/evidence.schema.json"
	pageFile   = "../../../docs/evidence.md"
)

// documents are the kinds of files.
var documents = []reflect.Type{
	reflect.TypeFor[workflows.MigrationEvidence](), reflect.TypeFor[workflows.CellEvidence](), reflect.TypeFor[workflows.ManifestEvidence](),
}

// TestSchemaIsOfTheTypes holds the published schema against the types that are written.
func TestSchemaIsOfTheTypes(t *testing.T) {
	want := text(schema(t))
	if *update {
		if err := os.WriteFile(schemaFile, want, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(schemaFile)
	if err != nil {
		t.Fatal(err)
	}
	if diff := gocmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("go test ./workflows/activities/evidence -update writes docs/evidence.schema.json anew (-want +got):\n%s", diff)
	}
}

// schema describes every struct once, with the comments and constants of the source.
func schema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	source := readSource(t)
	known := map[reflect.Type]*jsonschema.Schema{reflect.TypeFor[time.Time](): {Type: "string", Format: "date-time"}}
	for _, enum := range enums {
		known[enum] = &jsonschema.Schema{Type: "string", Enum: source.constants[enum.Name()]}
	}
	all := map[reflect.Type]bool{}
	for _, d := range documents {
		collect(d, all)
	}
	refs := jsonschema.ForOptions{TypeSchemas: known}
	for s := range all {
		if s != reflect.TypeFor[workflows.CanarySettings]() { // what is embedded is written out
			known[s] = &jsonschema.Schema{Ref: "#/$defs/" + s.Name()}
		}
	}
	root := &jsonschema.Schema{
		Schema: "https://json-schema.org/draft/2020-12/schema", Title: "Files of the evidence of a migration, " + workflows.EvidenceVersion,
		Defs: map[string]*jsonschema.Schema{},
	}
	for s := range all {
		self := known[s]
		delete(known, s)
		def, err := jsonschema.ForType(s, &refs)
		if err != nil {
			t.Fatal(err)
		}
		if self != nil {
			known[s] = self
		}
		def.Description = source.types[s.Name()]
		for field := range s.Fields() {
			name := s.Name() + "." + field.Name
			describe(t, def, field, cmp.Or(source.fields[name], plain[name]))
		}
		root.Defs[s.Name()] = def
	}
	for kind, d := range map[string]reflect.Type{"migration": documents[0], "cell": documents[1], "manifest": documents[2]} {
		root.Defs[d.Name()].Properties["version"].Enum = []any{workflows.EvidenceVersion}
		root.Defs[d.Name()].Properties["kind"].Enum = []any{kind}
	}
	for _, d := range documents {
		root.OneOf = append(root.OneOf, &jsonschema.Schema{Ref: "#/$defs/" + d.Name()})
	}
	return root
}

// describe gives a property its comment.
func describe(t *testing.T, def *jsonschema.Schema, field reflect.StructField, comment string) {
	t.Helper()
	p := def.Properties[jsonName(field)]
	switch {
	case p == nil: // embedded
	case comment == "":
		t.Errorf("nothing is said of %s", field.Name)
	default:
		p.Description = comment
		if p.Ref != "" {
			p.Type, p.Types = "", nil // a pointer that is nil is left out, and never null
		}
	}
}

// collect finds the structs of a type.
func collect(t reflect.Type, into map[reflect.Type]bool) {
	switch t.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Map:
		collect(t.Elem(), into)
	case reflect.Struct:
		if into[t] || t == reflect.TypeFor[time.Time]() {
			return
		}
		into[t] = true
		for field := range t.Fields() {
			collect(field.Type, into)
		}
	default:
	}
}

// published is the published schema, for one kind of file.
func published(t *testing.T, kind string) *jsonschema.Resolved {
	t.Helper()
	file, err := os.ReadFile(schemaFile)
	if err != nil {
		t.Fatal(err)
	}
	var s jsonschema.Schema
	if err := json.Unmarshal(file, &s); err != nil {
		t.Fatal(err)
	}
	s.OneOf, s.Ref = nil, "#/$defs/"+kind // what is wrong is said of that kind alone
	resolved, err := s.Resolve(nil)
	if err != nil {
		t.Fatal(err)
	}
	return resolved
}

// validate holds a document against the published schema.
func validate(t *testing.T, document any, kind string) {
	t.Helper()
	var value any
	if err := json.Unmarshal(text(document), &value); err != nil {
		t.Fatal(err)
	}
	if err := published(t, kind).Validate(value); err != nil {
		t.Errorf("%v\n%s", err, text(document))
	}
}

// TestSchemaTellsWhatIsWrong makes sure that the schema can refuse something.
func TestSchemaTellsWhatIsWrong(t *testing.T) {
	schema := published(t, "ManifestEvidence")
	for document, valid := range map[string]bool{
		`{"version": "rekey.evidence/v1", "kind": "manifest", "migration_id": "m", "files": []}`:         true,
		`{"version": "rekey.evidence/v2", "kind": "manifest", "migration_id": "m", "files": []}`:         false,
		`{"version": "rekey.evidence/v1", "kind": "cell", "migration_id": "m", "files": []}`:             false,
		`{"version": "rekey.evidence/v1", "kind": "manifest", "migration_id": "m"}`:                      false,
		`{"version": "rekey.evidence/v1", "kind": "manifest", "migration_id": "m", "files": [], "x": 1}`: false,
	} {
		var value any
		if err := json.Unmarshal([]byte(document), &value); err != nil {
			t.Fatal(err)
		}
		if err := schema.Validate(value); (err == nil) != valid {
			t.Errorf("%s: %v", document, err)
		}
	}
}

// enums are the types whose values the schema lists.
var enums = []reflect.Type{
	reflect.TypeFor[workflows.State](), reflect.TypeFor[workflows.CanaryState](), reflect.TypeFor[workflows.Step](),
	reflect.TypeFor[workflows.Action](), reflect.TypeFor[workflows.Proving](), reflect.TypeFor[workflows.Verdict](),
	reflect.TypeFor[workflows.Mode](), reflect.TypeFor[workflows.Method](), reflect.TypeFor[workflows.OldAccessState](),
	reflect.TypeFor[workflows.BaselineState](), reflect.TypeFor[workflows.WaveState](), reflect.TypeFor[workflows.WaveVerdict](),
	reflect.TypeFor[workflows.Verb](), reflect.TypeFor[workflows.Reason](), reflect.TypeFor[workflows.AccessPolicy](),
	reflect.TypeFor[workflows.DryRunPolicy](), reflect.TypeFor[workflows.BaselinePolicy](), reflect.TypeFor[workflows.AtRestPolicy](),
	reflect.TypeFor[workflows.ViewerPolicy](),
}

func TestEveryEnumIsListed(t *testing.T) {
	for _, d := range documents {
		all := map[reflect.Type]bool{}
		collect(d, all)
		for s := range all {
			for field := range s.Fields() {
				f := field.Type
				for f.Kind() == reflect.Pointer || f.Kind() == reflect.Slice {
					f = f.Elem()
				}
				if f.Kind() == reflect.String && f.PkgPath() != "" && !slices.Contains(enums, f) {
					t.Errorf("%s.%s is an enum whose values the schema does not list", s.Name(), field.Name)
				}
			}
		}
	}
}
