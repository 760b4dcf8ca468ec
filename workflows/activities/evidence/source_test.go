package evidence

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"testing"
)

// source is what the contract's source says beside what its types tell.
type source struct {
	types     map[string]string // comments by type
	fields    map[string]string // comments by "Type.Field"
	constants map[string][]any  // values by type
}

// readSource reads the contract's source.
func readSource(t *testing.T) source {
	t.Helper()
	s := source{types: map[string]string{}, fields: map[string]string{}, constants: map[string][]any{}}
	names, err := filepath.Glob("../../*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, text, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		for _, declaration := range file.Decls {
			if general, ok := declaration.(*ast.GenDecl); ok {
				s.read(general, strings.HasPrefix(filepath.Base(name), "evidence"))
			}
		}
	}
	return s
}

// read reads a declaration. Where comments run on, a field that has none of its own is told of by the one before.
func (s source) read(declaration *ast.GenDecl, runOn bool) {
	for _, spec := range declaration.Specs {
		switch spec := spec.(type) {
		case *ast.TypeSpec:
			s.types[spec.Name.Name] = words(declaration.Doc)
			if of, ok := spec.Type.(*ast.StructType); ok {
				s.readFields(spec.Name.Name, of, runOn)
			}
		case *ast.ValueSpec:
			s.readConstant(spec)
		}
	}
}

func (s source) readFields(name string, of *ast.StructType, runOn bool) {
	last := ""
	for _, field := range of.Fields.List {
		comment := words(field.Doc)
		if comment == "" {
			comment = words(field.Comment)
		}
		if comment == "" && runOn {
			comment = last
		}
		last = comment
		for _, n := range field.Names {
			s.fields[name+"."+n.Name] = comment
		}
	}
}

func (s source) readConstant(spec *ast.ValueSpec) {
	of, ok := spec.Type.(*ast.Ident)
	if !ok || len(spec.Values) != 1 {
		return
	}
	literal, ok := spec.Values[0].(*ast.BasicLit)
	if !ok {
		return
	}
	if value, err := strconv.Unquote(literal.Value); err == nil && value != "" {
		s.constants[of.Name] = append(s.constants[of.Name], value)
	}
}

// plain are the fields of the contract that its source leaves to their names.
var plain = map[string]string{
	"Problem.Reason": "What is in the way, as in the API's ErrorReason without its prefix.", "Problem.Message": "That in words.",
	"Problem.NextStep": "What to do about it.", "Problem.Metadata": "Every dynamic word of the message, by name.",
	"Run.ID": "Its id.", "Run.Browser": "Its browser; absent where the canary names none.", "Run.Started": "When it started, on AWS's clock.",
	"Run.ReasonCode": "CANARY_FAILURE, EXECUTION_FAILURE or absent.", "Run.Reason": "Why, as Synthetics says it.",
	"Run.TestResult": "What its script found, as Synthetics says it.", "VisualReference.BaseRunID": "The run that it was taken from.",
	"VisualReference.Browser": "Its browser; absent where the canary names none.", "VisualReference.Screenshots": "Its images.",
	"Screenshot.Name": "The image's name.", "Screenshot.Ignore": "The areas that a comparison ignores, as Synthetics has them.",
	"PlanCount.Canaries": "How many were selected.", "PlanCount.ToMigrate": "How many the plan is to migrate.",
	"PlanCount.Skipped": "How many are left on purpose.", "PlanCount.Blocked": "How many something is in the way of.",
	"PlanCount.Revokes": "As grants: permissions to be removed.", "PlanCount.DryRuns": "How many dry runs it makes.",
	"BudgetState.Allowed": "How many failures are borne; absent where any number is.", "BudgetState.Failed": "How many were charged.",
	"BudgetState.Excused": "How many were not charged.", "BudgetState.InFlight": "How many canaries were in their stories.",
	"Judgement.Verdict": "GO_ON, INCONCLUSIVE or STOP.", "Judgement.Reason": "Why, in words.",
	"Judgement.Migrated": "How the wave's migrated canaries did in their last runs.", "Judgement.Control": "How the not-yet-migrated of the same cells did.",
	"RunShare.Canaries": "How many ran.", "RunShare.Failed": "How many failed.",
	"Selected.Accounts": "How many accounts.", "Selected.Regions": "How many Regions.", "Selected.Cells": "How many accounts × Regions.",
	"CanaryFilter.RuntimePatterns": "Patterns of runtime versions.", "CanaryFilter.Modes": "Encryption modes.",
	"CanaryFilter.KeyARNs": "Keys.", "CanaryFilter.RolePatterns": "Patterns of role ARNs.",
	"Viewer.PrincipalARN": "The principal.", "EvidenceFile.Path": "The path below the directory of the migration's id, with slashes.",
}

func words(comment *ast.CommentGroup) string {
	return strings.Join(strings.Fields(comment.Text()), " ")
}

func jsonName(field reflect.StructField) string {
	name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
	return name
}
