package policy

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

// Kind says where a policy stands, and with that which elements it must have.
type Kind int

// The kinds of policies.
const (
	Identity Kind = iota // on a role, user, boundary, session, organization: Resource, no Principal
	Resource             // on a bucket: Resource and Principal
	Trust                // on a role, for who may assume it: Principal, no Resource
	Key                  // on a KMS key: as Resource, but a statement without Action or Resource is valid and ineffective
)

// Parse reads a JSON policy of a kind. Its errors say what is wrong, for a MalformedPolicyDocument's message.
func Parse(doc string, kind Kind) (*Policy, error) {
	top, err := object(json.RawMessage(doc))
	if err != nil {
		return nil, err
	}
	version := "2008-10-17"
	for name, raw := range top {
		switch name {
		case "Version":
			if err := json.Unmarshal(raw, &version); err != nil || (version != "2012-10-17" && version != "2008-10-17") {
				return nil, errors.New("Version is 2012-10-17 or 2008-10-17")
			}
		case "Id":
			var id string
			if err := json.Unmarshal(raw, &id); err != nil {
				return nil, errors.New("Id is a string")
			}
		case "Statement":
		default:
			return nil, fmt.Errorf("unknown element %q", name)
		}
	}
	list, err := statements(top["Statement"])
	if err != nil {
		return nil, err
	}
	p := &Policy{statements: make([]statement, 0, len(list))}
	for i, raw := range list {
		s, err := parseStatement(raw, kind, version == "2012-10-17")
		if err != nil {
			return nil, fmt.Errorf("statement %d: %w", i+1, err)
		}
		// PutKeyPolicy, in the AWS KMS API Reference, calls such a statement of a key policy ineffective.
		if s.actions != nil && (s.resources != nil || kind == Trust) {
			p.statements = append(p.statements, s)
		}
	}
	return p, nil
}

func statements(raw json.RawMessage) ([]json.RawMessage, error) {
	raw = bytes.TrimSpace(raw)
	if len(raw) == 0 {
		return nil, errors.New("no Statement")
	}
	if raw[0] == '{' {
		return []json.RawMessage{raw}, nil
	}
	var list []json.RawMessage
	if err := json.Unmarshal(raw, &list); err != nil || raw[0] != '[' {
		return nil, errors.New("Statement is an object or a list")
	}
	return list, nil
}

func parseStatement(raw json.RawMessage, kind Kind, variables bool) (statement, error) {
	elements, err := object(raw)
	if err != nil {
		return statement{}, err
	}
	var s statement
	for name, raw := range elements {
		if err := s.parseElement(name, raw, variables); err != nil {
			return statement{}, err
		}
	}
	return s, s.check(elements, kind)
}

func (s *statement) parseElement(name string, raw json.RawMessage, variables bool) (err error) {
	switch name {
	case "Sid":
		var sid string
		err = json.Unmarshal(raw, &sid)
	case "Effect":
		var text string
		if err = json.Unmarshal(raw, &text); err == nil && text != "Allow" && text != "Deny" {
			err = errors.New("neither Allow nor Deny")
		}
		s.effect = text == "Allow"
	case "Principal", "NotPrincipal":
		s.notPrincipal = name == "NotPrincipal"
		s.principals, err = parsePrincipals(raw)
	case "Action", "NotAction":
		s.notAction = name == "NotAction"
		if s.actions, err = texts(raw); err == nil {
			err = s.checkActions()
		}
	case "Resource", "NotResource":
		s.notResource = name == "NotResource"
		if s.resources, err = texts(raw); err == nil {
			err = s.checkResources(variables)
		}
	case "Condition":
		s.conditions, err = parseConditions(raw, variables)
	default:
		return fmt.Errorf("unknown element %q", name)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

func (s *statement) checkActions() error {
	for i, a := range s.actions {
		if a != "*" && !strings.Contains(a, ":") {
			return fmt.Errorf("%q has no service", a)
		}
		s.actions[i] = strings.ToLower(a)
	}
	return nil
}

func (s *statement) checkResources(variables bool) error {
	for _, r := range s.resources {
		if r != "*" && !strings.HasPrefix(r, "arn:") && !strings.HasPrefix(r, "*") {
			return fmt.Errorf("%q is neither an ARN nor *", r)
		}
		s.variables = s.variables || variables && strings.Contains(r, "${")
	}
	return nil
}

// check says what a statement of that kind lacks or has too much.
func (s *statement) check(elements map[string]json.RawMessage, kind Kind) error {
	has := func(name string) bool { return elements[name] != nil }
	for _, pair := range []string{"Principal", "Action", "Resource"} {
		if has(pair) && has("Not"+pair) {
			return fmt.Errorf("both %s and Not%s", pair, pair)
		}
	}
	switch {
	case !has("Effect"):
		return errors.New("no Effect")
	case s.actions == nil && kind != Key:
		return errors.New("no Action")
	case kind == Identity && s.principals != nil:
		return errors.New("an identity policy has no Principal")
	case kind != Identity && s.principals == nil:
		return errors.New("no Principal")
	case kind == Trust && s.resources != nil:
		return errors.New("a trust policy has no Resource")
	case s.resources == nil && kind != Trust && kind != Key:
		return errors.New("no Resource")
	}
	return nil
}

func parseConditions(raw json.RawMessage, variables bool) ([]condition, error) {
	operators, err := object(raw)
	if err != nil {
		return nil, err
	}
	var list []condition
	for name, raw := range operators {
		keys, err := object(raw)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		for key, raw := range keys {
			c, ok := parseOperator(name)
			if !ok {
				return nil, fmt.Errorf("unknown operator %q", name)
			}
			if c.values, err = scalars(raw); err != nil {
				return nil, fmt.Errorf("%s %s: %w", name, key, err)
			}
			c.key = strings.ToLower(key)
			for _, v := range c.values {
				c.unknown = c.unknown || variables && strings.Contains(v, "${")
			}
			list = append(list, c)
		}
	}
	return list, nil
}

// object reads one JSON object and nothing behind it.
func object(raw json.RawMessage) (map[string]json.RawMessage, error) {
	d := json.NewDecoder(bytes.NewReader(raw))
	var m map[string]json.RawMessage
	if err := d.Decode(&m); err != nil || m == nil {
		return nil, errors.New("not a JSON object")
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, errors.New("something behind the JSON object")
	}
	return m, nil
}

// texts reads a string or a list of strings; never nil without an error.
func texts(raw json.RawMessage) ([]string, error) {
	var one string
	if json.Unmarshal(raw, &one) == nil && !bytes.Equal(bytes.TrimSpace(raw), []byte("null")) {
		return []string{one}, nil
	}
	var list []string
	if err := json.Unmarshal(raw, &list); err != nil || len(list) == 0 {
		return nil, errors.New("neither a string nor a list of strings")
	}
	return list, nil
}

// scalars is texts that also takes booleans and numbers, as condition values may be.
func scalars(raw json.RawMessage) ([]string, error) {
	var list []any
	if raw = bytes.TrimSpace(raw); len(raw) > 0 && raw[0] != '[' {
		raw = append(append([]byte{'['}, raw...), ']')
	}
	if err := json.Unmarshal(raw, &list); err != nil {
		return nil, errors.New("neither a value nor a list of values")
	}
	values := make([]string, len(list))
	for i, v := range list {
		switch v := v.(type) {
		case string:
			values[i] = v
		case bool, float64:
			values[i] = fmt.Sprint(v)
		default:
			return nil, errors.New("a value that is neither text, number nor boolean")
		}
	}
	return values, nil
}
