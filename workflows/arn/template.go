package arn

import (
	"fmt"
	"strings"
)

// Expand fills in a template: {name} becomes the value of that name. Names that have no value, and braces that do not
// match, are errors.
func Expand(template string, values map[string]string) (string, error) {
	var out strings.Builder
	for rest := template; rest != ""; {
		i := strings.IndexAny(rest, "{}")
		if i < 0 {
			out.WriteString(rest)
			break
		}
		out.WriteString(rest[:i])
		if rest[i] == '}' {
			return "", fmt.Errorf("%q has a } without {", template)
		}
		name, after, found := strings.Cut(rest[i+1:], "}")
		if !found || strings.Contains(name, "{") {
			return "", fmt.Errorf("%q has a { without }", template)
		}
		value, known := values[name]
		if !known {
			return "", fmt.Errorf("%q names {%s}, which stands for nothing", template, name)
		}
		out.WriteString(value)
		rest = after
	}
	return out.String(), nil
}
