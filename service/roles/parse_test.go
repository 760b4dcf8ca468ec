package roles_test

import (
	"strings"
	"testing"

	"rekey/service/roles"
)

// rule is a table with one rule, of which a test replaces a line.
const rule = `rules:
  - members: ["uri:spiffe://example.org/a"]
    roles: [reader]
    accounts: ["111111111111"]
`

func TestParseRefuses(t *testing.T) {
	tests := map[string]struct {
		reason    string
		old, new  string
		line, say string
	}{
		"unknown key":         {"a misspelt key would leave out what it says", "    roles:", "    role:", "[3:", "role"},
		"unknown top key":     {"the same at the top", "rules:", "rule:", "[1:", "rule"},
		"unknown role":        {"nobody would have it", "[reader]", "[reader, admin]", "[3:21]", `"admin"`},
		"role in capitals":    {"names are written in one way", "[reader]", "[Reader]", "[3:13]", "Reader"},
		"no roles":            {"the rule would give nothing", "[reader]", "[]", "[2:", "roles"},
		"no members":          {"nobody would have it", `["uri:spiffe://example.org/a"]`, "[]", "[2:", "members"},
		"no accounts":         {"it would be for nothing", `    accounts: ["111111111111"]` + "\n", "", "[2:", "accounts"},
		"empty member":        {"an empty name would be nobody's", "uri:spiffe://example.org/a", "", "[2:15]", "everybody"},
		"blank around member": {"no name has it", "uri:spiffe", " uri:spiffe", "[2:15]", "everybody"},
		"short account":       {"it would be no account's", "111111111111", "1111", "[4:16]", "12 digits"},
		"pattern of accounts": {"accounts are listed", "111111111111", "1111*", "[4:16]", "12 digits"},
		"account not quoted":  {"YAML reads digits after a zero as octal", `"111111111111"`, "011111111111", "[4:16]", "quotes"},
		"one, not a list":     {"each part is a list", `["111111111111"]`, `"111111111111"`, "[4:15]", ""},
		"a part twice":        {"the second would hide the first", "    roles: [reader]\n", "    roles: [reader]\n    roles: [operator]\n", "[4:", "roles"},
		"no rules":            {"nobody could do anything", rule, "", "[1:1]", "rules"},
		"empty list of rules": {"nobody could do anything", rule, "rules: []", "[1:1]", "rules"},
		"two documents":       {"the second would not be read", rule, rule + "---\n" + rule, "[6:", "second document"},
		"no member":           {"null is nobody", `"uri:spiffe://example.org/a"`, "null", "[2:15]", "no value"},
		"an alias":            {"* is everybody only in quotes", "[reader]", "*all", "[3:12]", "quotes"},
		"an anchor":           {"it would be for an alias", "[reader]", "&all [reader]", "[3:", "aliases"},
		"a tag":               {"it would change what a value is", "[reader]", "!set [reader]", "[3:", "tags"},
		"no rule":             {"null is no rule", rule, rule + "  - null\n", "[5:", "no value"},
		"nothing":             {"neither is an empty value", "[reader]", "", "[3:", "no value"},
		"no YAML":             {"it is not a table", rule, "rules: [", "[1:", ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			text := strings.Replace(rule, test.old, test.new, 1)
			_, err := roles.Parse([]byte(text))
			if err == nil {
				t.Fatalf("it was taken, but %s:\n%s", test.reason, text)
			}
			if !strings.Contains(err.Error(), test.line) || !strings.Contains(err.Error(), test.say) {
				t.Errorf("%v names not the place %s, or says not %q", err, test.line, test.say)
			}
		})
	}
}

func TestTheExampleIsATable(t *testing.T) {
	if _, err := roles.Load("../../deploy/roles.example.yaml"); err != nil {
		t.Error(err)
	}
	if _, err := roles.Load("no.yaml"); err == nil || !strings.Contains(err.Error(), "no.yaml") {
		t.Errorf("a file that is not there: %v", err)
	}
}

func TestAnErrorShowsNothingOfTheFile(t *testing.T) {
	const secret = "MC4CAQAwBQYDK2VwBCIEIA"
	for _, text := range []string{
		"-----BEGIN PRIVATE KEY-----\n" + secret + "\n-----END PRIVATE KEY-----\n",
		rule + "key: |\n  " + secret + "\n",
	} {
		_, err := roles.Parse([]byte(text))
		if err == nil || strings.Contains(err.Error(), secret) {
			t.Errorf("%v shows a secret, or is none", err)
		}
	}
}
