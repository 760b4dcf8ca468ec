package docs

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var link = regexp.MustCompile(`\]\(([^)#:]+)(#[^)]*)?\)`)

// What the pages link to is there.
func TestLinksLeadSomewhere(t *testing.T) {
	pages := []string{"../README.md", "../CHANGELOG.md", "../CONTRIBUTING.md"}
	for _, pattern := range []string{"*.md", "decisions/*.md"} {
		found, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		pages = append(pages, found...)
	}
	for _, page := range pages {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, match := range link.FindAllStringSubmatch(withoutCode(string(text)), -1) {
			_, err := os.Stat(filepath.Join(filepath.Dir(page), match[1]))
			if errors.Is(err, fs.ErrNotExist) {
				t.Errorf("%s: there is no %s", page, match[1])
			}
		}
	}
}

// withoutCode leaves out the blocks of code of a page.
func withoutCode(text string) string {
	var prose strings.Builder
	for i, part := range strings.Split(text, "\n"+fence) {
		if i%2 == 0 {
			prose.WriteString(part)
		}
	}
	return prose.String()
}
