package model

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// check looks at a value and at what is below it. path is as AWS words it.
func (n *node) check(path string, v any, found *Violations) {
	for _, d := range n.demands {
		if d.broken(v) {
			*found = append(*found, Violation{path, v, d.kind, d.text})
		}
	}
	switch v := v.(type) {
	case map[string]any:
		n.checkMembers(path, v, found)
		n.checkMap(path, v, found)
	case []any:
		n.checkElements(path, v, found)
	}
}

func (n *node) checkMembers(path string, v map[string]any, found *Violations) {
	for _, name := range n.names {
		m, at := n.members[name], Member(path, lower(name))
		value, given := v[name]
		switch {
		case given && value != nil:
			m.check(at, value, found)
		case m.required:
			*found = append(*found, Violation{at, nil, Missing, "Member must not be null"})
		}
	}
}

// checkElements words what is wrong with an element that is no structure as one demand on the list.
func (n *node) checkElements(path string, v []any, found *Violations) {
	if n.element == nil {
		return
	}
	for i, e := range v {
		if e == nil {
			*found = append(*found, Violation{fmt.Sprintf("%s.%d.member", path, i+1), nil, Missing, "Member must not be null"})
			continue
		}
		if _, structure := e.(map[string]any); structure {
			n.element.check(fmt.Sprintf("%s.%d.member", path, i+1), e, found)
			continue
		}
		if d := n.element.broken(e); d != nil {
			*found = append(*found, Violation{path, v, d.kind, "Member must satisfy constraint: " + n.element.all()})
			return
		}
	}
}

func (n *node) checkMap(path string, v map[string]any, found *Violations) {
	for _, key := range slices.Sorted(maps.Keys(v)) {
		if d := n.key.broken(key); d != nil {
			*found = append(*found, Violation{path, v, d.kind, "Map keys must satisfy constraint: " + n.key.all()})
			return
		}
		if d := n.value.broken(v[key]); d != nil {
			*found = append(*found, Violation{path, v, d.kind, "Map value must satisfy constraint: " + n.value.all()})
			return
		}
	}
}

// broken is the first demand that a value doesn't meet, nil when there is none.
func (n *node) broken(v any) *demand {
	if n == nil {
		return nil
	}
	i := slices.IndexFunc(n.demands, func(d demand) bool { return d.broken(v) })
	if i < 0 {
		return nil
	}
	return &n.demands[i]
}

// all is every demand, as a message about a list or a map repeats them.
func (n *node) all() string {
	texts := make([]string, len(n.demands))
	for i, d := range n.demands {
		texts[i] = d.text
	}
	return "[" + strings.Join(texts, ", ") + "]"
}

// lower is a member's name as AWS's messages have it.
func lower(name string) string { return strings.ToLower(name[:1]) + name[1:] }
