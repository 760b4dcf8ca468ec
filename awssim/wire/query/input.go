package query

import (
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// Input is a form as the API model sees it: Tags.member.1.Key=k is the member Key of the first element of the list
// Tags. Numbers stay strings.
func Input(form url.Values) map[string]any {
	in := map[string]any{}
	for _, name := range slices.Sorted(maps.Keys(form)) {
		put(in, strings.Split(name, "."), form.Get(name))
	}
	for name, v := range in {
		in[name] = lists(v)
	}
	return in
}

// put sets the value at a path. A name that is both a value and the way to others stays the value, which is what
// Form's readers find; values come first.
func put(in map[string]any, path []string, value string) {
	for _, name := range path[:len(path)-1] {
		below, ok := in[name].(map[string]any)
		if _, value := in[name].(string); value {
			return
		}
		if !ok {
			below = map[string]any{}
			in[name] = below
		}
		in = below
	}
	in[path[len(path)-1]] = value
}

// lists makes a list of each structure whose only member is "member", in order of the numbers below it.
func lists(v any) any {
	s, ok := v.(map[string]any)
	if !ok {
		return v
	}
	numbered, ok := s["member"].(map[string]any)
	if !ok || len(s) > 1 {
		for name, below := range s {
			s[name] = lists(below)
		}
		return s
	}
	list := make([]any, 0, len(numbered))
	for _, number := range slices.SortedFunc(maps.Keys(numbered), byNumber) {
		list = append(list, lists(numbered[number]))
	}
	return list
}

func byNumber(a, b string) int {
	n, _ := strconv.Atoi(a)
	m, _ := strconv.Atoi(b)
	return n - m
}
