package policydoc

import (
	"bytes"
	"encoding/json"
	"errors"
	"slices"
	"unicode"
)

// With is the document's text with a statement of that Sid: in the place of the one that is there, or at the end. Every
// other statement keeps its text.
func (d Document) With(sid string, statement json.RawMessage) (string, error) {
	if sid == "" {
		return "", errors.New("a statement to be owned needs a Sid")
	}
	list := slices.Clone(d.Statements)
	i := slices.IndexFunc(list, func(s Statement) bool { return s.Sid == sid })
	if i < 0 {
		list = append(list, Statement{Sid: sid, Raw: statement})
	} else {
		list[i].Raw = statement
	}
	return d.text(list)
}

// Without is the document's text without the statements of that Sid.
func (d Document) Without(sid string) (string, error) {
	return d.text(slices.DeleteFunc(slices.Clone(d.Statements), func(s Statement) bool { return s.Sid == sid && sid != "" }))
}

func (d Document) text(list []Statement) (string, error) {
	var out bytes.Buffer
	out.WriteString(`{`)
	for _, member := range []struct{ name, value string }{{"Version", d.Version}, {"Id", d.ID}} {
		if member.value == "" {
			continue
		}
		value, err := json.Marshal(member.value)
		if err != nil {
			return "", err
		}
		out.WriteString(`"` + member.name + `":` + string(value) + `,`)
	}
	out.WriteString(`"Statement":[`)
	for i, s := range list {
		if i > 0 {
			out.WriteByte(',')
		}
		out.Write(s.Raw)
	}
	out.WriteString(`]}`)
	return out.String(), nil
}

// SameJSON reports whether two texts mean the same JSON value.
func SameJSON(a, b string) bool {
	var x, y any
	if json.Unmarshal([]byte(a), &x) != nil || json.Unmarshal([]byte(b), &y) != nil {
		return a == b
	}
	m, err := json.Marshal(x)
	n, err2 := json.Marshal(y)
	return err == nil && err2 == nil && bytes.Equal(m, n)
}

// Length is how many characters of a text count against a role's limit: white space does not (IAM User Guide,
// reference_iam-quotas).
func Length(text string) int {
	n := 0
	for _, r := range text {
		if !unicode.IsSpace(r) {
			n++
		}
	}
	return n
}
