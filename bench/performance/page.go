package performance

import (
	"bytes"
	_ "embed"
	"fmt"
	"text/template"
)

//go:embed page.md.tmpl
var text string

// images are the plots that the page shows, by their names in the directory of documentation.
type images map[string][]byte

// show draws a plot, and shows it in the page; nothing where there is none.
func (i images) show(name, says string, p *drawing) (string, error) {
	if p == nil {
		return "", nil
	}
	file := "images/performance-" + name + ".svg"
	drawn, err := svg(p)
	if err != nil {
		return "", fmt.Errorf("%s: %w", name, err)
	}
	i[file] = drawn
	return fmt.Sprintf("![%s](%s)", says, file), nil
}

// compose is the page and its plots, by their names in the directory of documentation.
func compose(r *Results) (map[string][]byte, error) {
	files := images{}
	functions := template.FuncMap{
		"plot":    files.show,
		"figure":  figure,
		"grouped": grouped[int],
		"missing": func(command string) string {
			return "Not measured yet: `" + command + "`."
		},
	}
	page, err := template.New("page").Funcs(functions).Parse(text)
	if err != nil {
		return nil, err
	}
	var written bytes.Buffer
	if err := page.Execute(&written, r); err != nil {
		return nil, err
	}
	files["performance.md"] = written.Bytes()
	return files, nil
}
