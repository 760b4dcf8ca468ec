package worker

import (
	"go/ast"
	"go/parser"
	"go/token"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rekey/workflows/activities/registry"
	"rekey/workflows/aws"
)

func TestEveryActivityOfTheContractIsThere(t *testing.T) {
	var registered []string
	for name, f := range activities(Config{Access: &aws.Access{}}, registry.Temporal{}, registry.Temporal{}) {
		registered = append(registered, name)
		if reflect.ValueOf(f).Kind() != reflect.Func {
			t.Errorf("activity %s is no function", name)
		}
	}
	slices.Sort(registered)
	if diff := cmp.Diff(contractActivities(t), registered); diff != "" {
		t.Errorf("activities of the contract (-) and of the worker (+):\n%s", diff)
	}
}

// contractActivities are the values of the contract's constants whose names end in Activity.
func contractActivities(t *testing.T) []string {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "../activities.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	ast.Inspect(file, func(n ast.Node) bool {
		if spec, ok := n.(*ast.ValueSpec); ok && strings.HasSuffix(spec.Names[0].Name, "Activity") {
			name, err := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
			if err != nil {
				t.Fatal(err)
			}
			names = append(names, name)
		}
		return true
	})
	slices.Sort(names)
	return names
}
