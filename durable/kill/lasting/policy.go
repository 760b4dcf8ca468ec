package lasting

import (
	"encoding/json"
	"slices"
)

// edits are what a write of a key's policy changed, principal by principal: how many of them the owner of the policy folds
// into one write depends on who happens to wait, and is no difference. A write that changes nothing is one.
func edits(before, after string) []string {
	was, is := permissions(before), permissions(after)
	var list []string
	for _, p := range was {
		if !slices.Contains(is, p) {
			list = append(list, "removes "+p)
		}
	}
	for _, p := range is {
		if !slices.Contains(was, p) {
			list = append(list, "adds "+p)
		}
	}
	if len(list) == 0 {
		return []string{"changes nothing"}
	}
	return list
}

// permissions are a policy's statements, one for each of their principals. A policy that can't be read is one of its own.
func permissions(text string) []string {
	var policy struct{ Statement []map[string]any }
	if json.Unmarshal([]byte(text), &policy) != nil {
		return []string{text}
	}
	var list []string
	for _, statement := range policy.Statement {
		principals := principals(statement["Principal"])
		delete(statement, "Principal")
		rest, err := json.Marshal(statement) // in order of the names
		if err != nil {
			return []string{text}
		}
		for _, p := range principals {
			list = append(list, p+" "+string(rest))
		}
	}
	slices.Sort(list)
	return list
}

// principals are those of a statement, each as AWS may write it: a text, or lists of texts by kind.
func principals(of any) []string {
	kinds, ok := of.(map[string]any)
	if !ok {
		text, _ := of.(string)
		return []string{text}
	}
	var list []string
	for _, value := range kinds {
		switch value := value.(type) {
		case string:
			list = append(list, value)
		case []any:
			for _, one := range value {
				text, _ := one.(string)
				list = append(list, text)
			}
		}
	}
	return list
}
