package planning

import (
	"slices"
	"strconv"
	"strings"

	"rekey/workflows"
	"rekey/workflows/arn"
	"rekey/workflows/pattern"
	"rekey/workflows/runtime"
)

// Kind names what a plan does with a canary, as far as it may go differently: canaries of one kind take the same way
// through the same code and the same APIs. Wave 0 by coverage takes one of each.
func Kind(c workflows.Canary) string {
	words := []string{string(c.Recorded.From.Mode) + ">" + string(c.To.Mode)}
	if c.Action == workflows.RevokeOnly {
		words = append(words, "revoke-only")
	}
	if c.ToLocation != c.Recorded.Location {
		words = append(words, "moves")
	}
	if c.To.Mode == workflows.SSEKMS && arn.Account(c.To.KeyARN) != c.Cell.Account {
		words = append(words, "foreign-key")
	}
	words = append(words, methods(c)...)
	words = append(words, "by-"+string(c.Proving))
	if c.Visual() {
		words = append(words, "visual-"+strconv.Itoa(max(1, len(c.Recorded.Browsers))))
	}
	if c.Hold != nil {
		words = append(words, "held-"+string(c.Hold.Reason))
	}
	words = append(words, runtime.Parse(c.Recorded.Runtime).Family)
	return strings.Join(words, " ")
}

// methods are the ways in which the canary's role gets access, each once, in a fixed order.
func methods(c workflows.Canary) []string {
	var list []string
	for _, change := range c.Grants {
		list = append(list, string(change.Method))
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// Classes counts a cell's canaries to migrate by their class: the kind, and the waves whose lists admit them by name.
func Classes(canaries []workflows.Canary, waves []workflows.WaveSpec) map[string]int {
	counts := map[string]int{}
	for _, c := range canaries {
		if c.State == workflows.Pending {
			counts[Class(c, waves)]++
		}
	}
	return counts
}

// Class is the class of a canary.
func Class(c workflows.Canary, waves []workflows.WaveSpec) string {
	var named []string
	for i, wave := range waves {
		if wave.List != nil && pattern.MatchAny(wave.List.NamePatterns, c.Recorded.Name) {
			named = append(named, strconv.Itoa(i))
		}
	}
	return Kind(c) + "|" + strings.Join(named, ",")
}
