package aws

import "testing"

func TestLRUDropsWhatWasUsedLongestAgo(t *testing.T) {
	made := 0
	l := newLRU[string, int](2)
	get := func(key string) int {
		return l.get(key, func() int { made++; return made })
	}
	a := get("a")
	b := get("b")
	if get("a") != a {
		t.Error("a was made twice")
	}
	get("c") // drops b
	if get("a") != a {
		t.Error("a was dropped though b was used longer ago")
	}
	if get("b") == b {
		t.Error("b was kept beyond the bound")
	}
}
