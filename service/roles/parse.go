package roles

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// Load reads a table from a file; see Parse.
func Load(path string) (*Table, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	t, err := Parse(text)
	if err != nil {
		return nil, fmt.Errorf("roles %s: %w", path, err)
	}
	return t, nil
}

// Parse reads a table from YAML, as deploy/roles.example.yaml has it, and checks it: what it does not know is an error, and
// every error names its line and column.
func Parse(text []byte) (*Table, error) {
	var table struct {
		Rules []rule `yaml:"rules"`
	}
	file, err := parser.ParseBytes(text, 0)
	if err == nil {
		err = whole(file)
	}
	if err == nil {
		err = yaml.NewDecoder(bytes.NewReader(text), yaml.Strict()).Decode(&table)
	}
	switch {
	case err != nil && !errors.Is(err, io.EOF):
		// Without the lines around: whoever gives another file by mistake may have given a key's.
		return nil, errors.New(yaml.FormatError(err, false, false))
	case len(table.Rules) == 0:
		return nil, errors.New("[1:1] there are no rules, so nobody could do anything: list them under rules")
	}
	return &Table{rules: table.Rules}, nil
}

// whole refuses a file of which the decoder would pass something over: it reads the first document alone, and takes null for
// a value that is not there. A table has no use for tags, anchors and aliases, which let it say something else than it shows.
func whole(file *ast.File) error {
	for i, document := range file.Docs {
		if document.Body == nil {
			continue
		}
		if i > 0 {
			return refused(document.Body, "a second document begins here, and would not be read: put all rules into one")
		}
		if nulls := ast.Filter(ast.NullType, document.Body); len(nulls) > 0 {
			return refused(nulls[0], "there is no value: give one, or leave it out")
		}
		for _, kind := range []ast.NodeType{ast.TagType, ast.AnchorType, ast.AliasType, ast.MergeKeyType} {
			if found := ast.Filter(kind, document.Body); len(found) > 0 {
				return refused(found[0], "a table has no tags, anchors or aliases: write the value itself, in quotes")
			}
		}
	}
	return nil
}

// UnmarshalYAML reads a rule, each part of which must be there: a rule without members or accounts would allow nothing,
// and whoever wrote it meant something.
func (r *rule) UnmarshalYAML(node ast.Node) error {
	type plain rule // without this method
	if err := yaml.NodeToValue(node, (*plain)(r), yaml.Strict()); err != nil {
		return err
	}
	for part, n := range map[string]int{"members": len(r.Members), "roles": len(r.Roles), "accounts": len(r.Accounts)} {
		if n == 0 {
			return refused(node, "the rule has no %s: list at least one", part)
		}
	}
	return nil
}

// UnmarshalYAML reads a role.
func (r *Role) UnmarshalYAML(node ast.Node) error {
	text, err := stringIn(node)
	if err != nil {
		return err
	}
	if !slices.Contains(All(), Role(text)) {
		return refused(node, "%q is no role: reader, creator, approver and operator are", text)
	}
	*r = Role(text)
	return nil
}

// UnmarshalYAML reads a member.
func (m *member) UnmarshalYAML(node ast.Node) error {
	text, err := stringIn(node)
	if err != nil {
		return err
	}
	if text == "" || strings.TrimSpace(text) != text {
		return refused(node, "%q can't be a caller's name: write it as the log shows it, or %q for everybody", text, everybody)
	}
	*m = newMember(text)
	return nil
}

// account is the id of an account, or Anywhere.
type account string

var accountID = regexp.MustCompile(`^([0-9]{12}|\*)$`)

// UnmarshalYAML reads an account.
func (a *account) UnmarshalYAML(node ast.Node) error {
	text, err := stringIn(node)
	if err != nil {
		return err
	}
	if !accountID.MatchString(text) {
		return refused(node, "%q is no account: 12 digits, or %q for every account", text, Anywhere)
	}
	*a = account(text)
	return nil
}

// stringIn is the text of a node. A number is refused: YAML reads an account without quotes as one, and one that begins
// with a zero as an octal one.
func stringIn(node ast.Node) (string, error) {
	text, ok := node.(*ast.StringNode)
	if !ok {
		return "", refused(node, "must be a string: put it in quotes")
	}
	return text.Value, nil
}

func refused(node ast.Node, format string, args ...any) error {
	return &yaml.SyntaxError{Message: fmt.Sprintf(format, args...), Token: node.GetToken()}
}
