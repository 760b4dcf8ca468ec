package roles_test

import (
	"testing"

	"rekey/service/roles"
	"rekey/workflows"
)

// FuzzParse shows that no text breaks the parser, and that every table that it takes can be asked.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{rule, rule + "---\n" + rule, rule + "---\n", "---\n" + rule, "# nothing\n", "rules:\n", "rules: &a [*a]", "\xff"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		table, err := roles.Parse(text)
		if err != nil {
			return
		}
		nobody := table.Reach(workflows.Caller{}, roles.Operator)
		if nobody.IsEverywhere() && nobody.IsNowhere() {
			t.Error("everywhere is nowhere")
		}
	})
}
