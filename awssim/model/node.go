package model

import (
	"maps"
	"slices"
	"strings"
)

// node is a value of an input, with what is below it.
type node struct {
	required bool
	demands  []demand

	members             map[string]*node
	names               []string // of the members, sorted
	element, key, value *node
}

// grow makes a tree of an input's paths.
func grow(constraints Constraints) *node {
	root := &node{}
	for _, path := range slices.Sorted(maps.Keys(constraints)) {
		n := root.at(path)
		n.required, n.demands = constraints[path].Required, constraints[path].demands()
	}
	return root
}

// at is the node of a path, made when there is none yet.
func (n *node) at(path string) *node {
	for path != "" {
		switch {
		case strings.HasPrefix(path, Element):
			n, path = branch(&n.element), path[len(Element):]
		case strings.HasPrefix(path, Key):
			n, path = branch(&n.key), path[len(Key):]
		case strings.HasPrefix(path, Value):
			n, path = branch(&n.value), path[len(Value):]
		default:
			path = strings.TrimPrefix(path, ".")
			end := strings.IndexAny(path, ".[{")
			if end < 0 {
				end = len(path)
			}
			n, path = n.member(path[:end]), path[end:]
		}
	}
	return n
}

func branch(to **node) *node {
	if *to == nil {
		*to = &node{}
	}
	return *to
}

func (n *node) member(name string) *node {
	if m := n.members[name]; m != nil {
		return m
	}
	if n.members == nil {
		n.members = map[string]*node{}
	}
	m := &node{}
	n.members[name] = m
	i, _ := slices.BinarySearch(n.names, name)
	n.names = slices.Insert(n.names, i, name)
	return m
}
