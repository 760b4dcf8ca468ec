package report

import (
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"strings"

	rekeyv1 "rekey/gen/rekey/v1"
	"rekey/internal/tables"
)

//go:embed page
var files embed.FS

// page has the templates. They escape whatever they are given by where it stands; only the style sheet, the script and the
// chart, which are rekey's own, are taken as they are.
var page = template.Must(template.New("page").Funcs(template.FuncMap{
	"access": permission, "at": at, "between": between, "budget": budget, "caller": caller, "counted": counted,
	"encryption": encryption, "expected": expected, "int": func(n int32) int { return int(n) }, "length": length, "mode": mode,
	"number": number, "part": part, "passed": passed, "percent": percent, "plain": plain, "reason": reason,
	"used": used, "word": tables.Word,
}).ParseFS(files, "page/*.gohtml"))

// reason is a problem's reason as programs have it.
func reason(p *rekeyv1.Problem) string {
	if p.GetReason() == rekeyv1.ErrorReason_ERROR_REASON_UNSPECIFIED {
		return "no reason given"
	}
	return tables.Name(p.GetReason())
}

// styles is the style sheet, with the outcomes' colours for a light and a dark page from the one table that has them.
func styles() template.CSS {
	var light, dark, classes strings.Builder
	for o := range outcomes {
		name, _, _ := strings.Cut(o.Class(), " ")
		fmt.Fprintf(&light, "--%s:%s;", name, hex(o.looks().Light))
		fmt.Fprintf(&dark, "--%s:%s;", name, hex(o.looks().Dark))
		fmt.Fprintf(&classes, ".%s{--o:var(--%s)}\n.chart path[style*=\"fill:%s\"]{fill:var(--%s)!important}\n",
			name, name, hex(o.looks().Light), name)
	}
	const form = ":root{%s}\n@media screen and (prefers-color-scheme:dark){:root{%s}}\n%s%s"
	return template.CSS(fmt.Sprintf(form, &light, &dark, &classes, asset("style.css"))) //nolint:gosec // rekey's own
}

// script is what filters, sorts and unfolds. The page is complete without it.
func script() template.JS { return template.JS(asset("script.js")) } //nolint:gosec // rekey's own

// scriptHash lets a browser run that script and no other, whatever a canary is called (Content Security Policy Level 3,
// hash-source).
func scriptHash() string {
	sum := sha256.Sum256([]byte(asset("script.js")))
	return "sha256-" + base64.StdEncoding.EncodeToString(sum[:])
}

// asset is an embedded file. The build fails without it, so that there is no error to tell.
func asset(name string) string {
	text, _ := files.ReadFile("page/" + name)
	return string(text)
}
