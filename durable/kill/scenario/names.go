package scenario

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// The accounts of a play by their first digit; the number of the play follows.
const (
	shop    = '2'
	pay     = '3'
	central = '9'
)

func account(kind rune, play int) string { return fmt.Sprintf("%c00000%06d", kind, play) }

var accounts = regexp.MustCompile(`\b([239])00000(\d{6})\b`)

// Names are the names of all plays.
type Names struct{}

// Play implements point.Names.
func (Names) Play(text string) int {
	found := accounts.FindStringSubmatch(text)
	if found == nil {
		return 0
	}
	n, _ := strconv.Atoi(found[2]) // they are digits
	return n
}

var accountNames = map[byte]string{shop: "shop", pay: "pay", central: "central"}

// masks are what no two plays have in common, and what stands for it.
var masks = []struct {
	of *regexp.Regexp
	by string
}{
	{regexp.MustCompile(`\d{4}-\d\d-\d\dT[0-9:.]+(Z|[+-]\d\d:\d\d)`), "TIME"},
	{regexp.MustCompile(`\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b`), "ID"},
	{regexp.MustCompile(`\bm-[0-9a-v]{20}\b`), "MIGRATION"},
	{regexp.MustCompile(`\brekey-[0-9a-f]{8,}\b`), "rekey-OWN"},
	{regexp.MustCompile(`\b[0-9a-f]{20,}\b`), "ID"},
}

var keyNames = strings.NewReplacer(oldKey, "old", newKey, "new")

// Common implements point.Names: ids that were drawn, times and account ids are masked.
func (Names) Common(text string) string {
	text = keyNames.Replace(text)
	text = accounts.ReplaceAllStringFunc(text, func(id string) string { return accountNames[id[0]] })
	for _, m := range masks {
		text = m.of.ReplaceAllString(text, m.by)
	}
	return text
}
