// Package policydoc reads the policy documents of roles, keys and buckets as far as a migration has to understand them:
// who may use a key, what a bucket refuses, what may be removed. What it does not understand it says so, and never
// takes for an allow or for nothing.
package policydoc

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
)

// maxSize is how many bytes of policy are read: more than any policy of AWS's may have.
const maxSize = 256 << 10

// Document is a policy. Its statements keep the text that they were read from.
type Document struct {
	Version    string
	ID         string
	Statements []Statement
}

// Statement is one statement of a policy.
type Statement struct {
	Sid    string
	Allows bool // Effect is Allow; otherwise it is Deny
	// Principals are its AWS principals, and "*"; Services and Others those of other kinds. NotPrincipal says that it is
	// about all but those.
	Principals, Services, Others []string
	NotPrincipal                 bool
	Actions, NotActions          []string
	Resources, NotResources      []string
	Conditions                   []Condition
	// Raw is the statement's own text.
	Raw json.RawMessage
}

// Condition is one operator on one key.
type Condition struct {
	Operator, Key string
	Values        []string
}

// Parse reads a policy. A value may stand where a list is meant.
func Parse(text string) (Document, error) {
	if len(text) > maxSize {
		return Document{}, fmt.Errorf("a policy of more than %d bytes", maxSize)
	}
	var raw struct {
		Version   string
		ID        string `json:"Id"`
		Statement json.RawMessage
	}
	if err := json.Unmarshal([]byte(text), &raw); err != nil {
		return Document{}, fmt.Errorf("reading a policy: %w", err)
	}
	list, err := rawList(raw.Statement)
	if err != nil {
		return Document{}, err
	}
	d := Document{Version: raw.Version, ID: raw.ID}
	for _, text := range list {
		s, err := parseStatement(text)
		if err != nil {
			return Document{}, err
		}
		d.Statements = append(d.Statements, s)
	}
	return d, nil
}

func parseStatement(text json.RawMessage) (Statement, error) {
	var raw struct {
		Sid, Effect             string
		Principal, NotPrincipal json.RawMessage
		Action, NotAction       values
		Resource, NotResource   values
		Condition               map[string]map[string]values
	}
	if err := json.Unmarshal(text, &raw); err != nil {
		return Statement{}, fmt.Errorf("reading a statement: %w", err)
	}
	if raw.Effect != "Allow" && raw.Effect != "Deny" {
		return Statement{}, fmt.Errorf("statement %q has the effect %q", raw.Sid, raw.Effect)
	}
	s := Statement{
		Sid: raw.Sid, Allows: raw.Effect == "Allow", Raw: text, Actions: raw.Action, NotActions: raw.NotAction,
		Resources: raw.Resource, NotResources: raw.NotResource,
	}
	for operator, keys := range raw.Condition {
		for key, list := range keys {
			s.Conditions = append(s.Conditions, Condition{Operator: operator, Key: key, Values: list})
		}
	}
	slices.SortFunc(s.Conditions, func(a, b Condition) int {
		return cmp.Or(cmp.Compare(a.Operator, b.Operator), cmp.Compare(a.Key, b.Key)) // the same text reads the same
	})
	principal := raw.Principal
	if len(raw.NotPrincipal) > 0 {
		s.NotPrincipal, principal = true, raw.NotPrincipal
	}
	return s, s.readPrincipals(principal)
}

func (s *Statement) readPrincipals(text json.RawMessage) error {
	if len(text) == 0 {
		return nil
	}
	if bytes.Equal(text, []byte(`"*"`)) {
		s.Principals = []string{"*"}
		return nil
	}
	var kinds map[string]values
	if err := json.Unmarshal(text, &kinds); err != nil {
		return fmt.Errorf("reading a principal: %w", err)
	}
	for kind, list := range kinds {
		switch kind {
		case "AWS":
			s.Principals = list
		case "Service":
			s.Services = list
		default:
			s.Others = append(s.Others, list...)
		}
	}
	return nil
}

// values is a list, or a value that stands for a list of one. Numbers and truth values are taken as their text.
type values []string

// UnmarshalJSON reads one value or a list.
func (v *values) UnmarshalJSON(text []byte) error {
	list, err := rawList(text)
	if err != nil {
		return err
	}
	for _, item := range list {
		var s string
		switch {
		case json.Unmarshal(item, &s) == nil:
			*v = append(*v, s)
		case bytes.ContainsAny(item[:1], `{[n`):
			return errors.New("a list of policy values holds something else than texts")
		default:
			*v = append(*v, string(item))
		}
	}
	return nil
}

// rawList is a JSON list, or one value as a list of it; nothing is an empty list.
func rawList(text json.RawMessage) ([]json.RawMessage, error) {
	text = bytes.TrimSpace(text)
	if len(text) == 0 || bytes.Equal(text, []byte("null")) {
		return nil, nil
	}
	if text[0] != '[' {
		return []json.RawMessage{text}, nil
	}
	var list []json.RawMessage
	err := json.Unmarshal(text, &list)
	return list, err
}
