package request

import (
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/goccy/go-yaml"
	"google.golang.org/protobuf/encoding/protojson"

	rekeyv1 "rekey/gen/rekey/v1"
)

// maxSpec bounds a file: a spec with every list full is far smaller.
const maxSpec = 4 << 20

// SpecFile reads a MigrationSpec from a YAML or JSON file with the names of the API's fields; "-" is standard input.
func SpecFile(path string, stdin io.Reader) (*rekeyv1.MigrationSpec, error) {
	in := stdin
	if path != "-" {
		file, err := os.Open(path)
		if err != nil {
			return nil, fmt.Errorf("the spec: %w", err)
		}
		defer file.Close()
		in = file
	}
	text, err := io.ReadAll(io.LimitReader(in, maxSpec))
	if err != nil {
		return nil, fmt.Errorf("the spec: %w", err)
	}
	spec, err := Spec(text)
	if err != nil {
		return nil, fmt.Errorf("the spec in %s: %w", path, err)
	}
	return spec, nil
}

// Spec reads a MigrationSpec from YAML or JSON with the names of the API's fields. It refuses fields that there are not.
func Spec(text []byte) (*rekeyv1.MigrationSpec, error) {
	json, err := yaml.YAMLToJSON(text) // JSON is YAML
	if err != nil {
		return nil, err
	}
	spec := &rekeyv1.MigrationSpec{}
	err = protojson.Unmarshal(json, spec)
	switch {
	case err == nil:
		return spec, nil
	case strings.Contains(err.Error(), "invalid value for string"):
		// YAML takes 111122223333 for a number, and 011122223333 for another one.
		return nil, fmt.Errorf("%w; write account ids in quotes", err)
	default:
		return nil, err
	}
}
