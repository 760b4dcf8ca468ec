package docs

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// pagesWithTests are the pages that name tests as their proof.
var pagesWithTests = []string{"what-if.md", "coverage.md", "upgrades.md"}

var (
	// testName is a test as pages name it. TestMain and the like don't occur.
	testName = regexp.MustCompile(`\bTest[A-Z]\w*`)
	// testFunc is a test as the source has it.
	testFunc = regexp.MustCompile(`(?m)^func (Test[A-Z]\w*)\(t \*testing\.T\)`)
	// placed is a package and the tests of it that follow: `e2e` TestA, TestB.
	placed = regexp.MustCompile("`([a-z0-9/-]+)` ((?:Test\\w+(?: \\([^)]*\\))?(?:, )?)+)")
)

// Every test that a page names exists, in the package that it names.
func TestPagesNameTestsThatExist(t *testing.T) {
	tests := allTests(t)
	for _, page := range pagesWithTests {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range testName.FindAllString(string(text), -1) {
			if len(tests[name]) == 0 {
				t.Errorf("%s: there is no %s", page, name)
			}
		}
		for _, match := range placed.FindAllStringSubmatch(string(text), -1) {
			for _, name := range testName.FindAllString(match[2], -1) {
				if !isIn(tests[name], match[1]) {
					t.Errorf("%s: %s is not in %s, but in %v", page, name, match[1], tests[name])
				}
			}
		}
	}
}

// isIn reports whether one of the directories is what a page calls a package: its path, or the end of it.
func isIn(dirs []string, short string) bool {
	for _, dir := range dirs {
		if dir == short || strings.HasSuffix(dir, "/"+short) {
			return true
		}
	}
	return false
}

// Every question of the page has a test that shows the answer.
func TestEveryQuestionNamesATest(t *testing.T) {
	text, err := os.ReadFile("what-if.md")
	if err != nil {
		t.Fatal(err)
	}
	questions := strings.Split(string(text), "\n### ")[1:]
	if len(questions) < 24 {
		t.Errorf("the page has %d questions, want two dozen", len(questions))
	}
	for _, q := range questions {
		title, answer, _ := strings.Cut(q, "\n")
		if !testName.MatchString(answer) {
			t.Errorf("no test is named for %q", title)
		}
	}
}

// allTests are the tests of the repository, with the directories that they stand in.
func allTests(t *testing.T) map[string][]string {
	t.Helper()
	tests := map[string][]string{}
	root := os.DirFS("..")
	err := fs.WalkDir(root, ".", func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (d.Name() == "build" || d.Name() == ".git"):
			return fs.SkipDir
		case !strings.HasSuffix(path, "_test.go"):
			return nil
		}
		source, err := fs.ReadFile(root, path)
		for _, match := range testFunc.FindAllSubmatch(source, -1) {
			tests[string(match[1])] = append(tests[string(match[1])], filepath.ToSlash(filepath.Dir(path)))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return tests
}
