package fleet

import (
	"encoding/json"
	"fmt"
)

// Document is a JSON policy. YAML may give it as a mapping or as a string of JSON.
type Document string

// UnmarshalYAML reads either form.
func (d *Document) UnmarshalYAML(unmarshal func(any) error) error {
	var v any
	if err := unmarshal(&v); err != nil {
		return err
	}
	if text, ok := v.(string); ok {
		if !json.Valid([]byte(text)) {
			return fmt.Errorf("a policy given as a string must be JSON")
		}
		*d = Document(text)
		return nil
	}
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	*d = Document(b)
	return nil
}

// statement is one of a policy's.
type statement struct {
	Sid       string `json:",omitempty"`
	Effect    string
	Principal any `json:",omitempty"`
	Action    []string
	Resource  []string       `json:",omitempty"`
	Condition map[string]any `json:",omitempty"`
}

func allow(resources []string, actions ...string) statement {
	return statement{Effect: "Allow", Action: actions, Resource: resources}
}

func document(statements ...statement) Document {
	b, err := json.Marshal(struct {
		Version   string
		Statement []statement
	}{"2012-10-17", statements})
	if err != nil {
		panic(err) // strings and slices of strings always marshal
	}
	return Document(b)
}
