package demo

import (
	"os"
	"path/filepath"

	"github.com/goccy/go-yaml"
	"google.golang.org/protobuf/encoding/protojson"

	rekeyv1 "rekey/gen/rekey/v1"
)

// PricePerRun is what the forecasts of the demo and of the development stack reckon with, in US dollars: that of a canary run
// in us-east-1 (Amazon CloudWatch Pricing, Canaries). It varies by Region.
const PricePerRun = 0.0012

// WriteSpec writes a spec as a file that rekey create -f takes, with remarks below it: empty, or lines of YAML comments.
func WriteSpec(path string, spec *rekeyv1.MigrationSpec, remarks string) error {
	text, err := protojson.MarshalOptions{UseProtoNames: true}.Marshal(spec)
	if err != nil {
		return err
	}
	if text, err = yaml.JSONToYAML(text); err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		return err
	}
	return os.WriteFile(path, append(text, remarks...), 0o600)
}

// specFile is where the demo's spec is written to.
func (d *demo) specFile() string { return filepath.Join(filepath.Dir(d.FleetFile), "spec.yaml") }
