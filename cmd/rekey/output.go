package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/urfave/cli/v3"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	rekeyv1 "rekey/gen/rekey/v1"
	"rekey/internal/tables"
)

// Formats of answers.
const (
	formatTable = "table"
	formatJSON  = "json"
	formatYAML  = "yaml"
)

// printer prints answers.
type printer struct {
	out    io.Writer
	format string
}

func printerOf(c *cli.Command) (printer, error) {
	p := printer{out: c.Root().Writer, format: c.String("output")}
	switch p.format {
	case formatTable, formatJSON, formatYAML:
		return p, nil
	}
	return p, fmt.Errorf("--output: there is no %q; known are table, json and yaml", p.format)
}

// forPeople reports whether tables are wanted.
func (p printer) forPeople() bool { return p.format == formatTable }

// print prints an answer, as the text that is made of it or in the format that was asked for.
func (p printer) print(m proto.Message, people func() string) error {
	if p.forPeople() {
		_, err := fmt.Fprintln(p.out, people())
		return err
	}
	text, err := marshal(m, p.format)
	if err != nil {
		return err
	}
	_, err = p.out.Write(text)
	return err
}

// marshal writes a message with the names that the API's documentation has.
func marshal(m proto.Message, format string) ([]byte, error) {
	text, err := protojson.MarshalOptions{UseProtoNames: true}.Marshal(m)
	if err != nil {
		return nil, err
	}
	if format == formatYAML {
		return yaml.JSONToYAML(text)
	}
	var out bytes.Buffer // protojson varies its spaces on purpose
	if err := json.Indent(&out, text, "", "  "); err != nil {
		return nil, err
	}
	out.WriteByte('\n')
	return out.Bytes(), nil
}

// migration prints a migration after a verb: a line, and how to go on.
func (p printer) migration(m *rekeyv1.Migration) error {
	return p.print(m, func() string { return strings.TrimSuffix(tables.Line(m)+"\n"+p.next(m), "\n") })
}

// next says how to go on from where a migration is, in lines after a blank one; empty where it goes no further.
func (p printer) next(m *rekeyv1.Migration) string {
	next := tables.Next(m)
	if len(next) == 0 {
		return ""
	}
	var text strings.Builder
	text.WriteString("\nNext:\n")
	for _, n := range next {
		fmt.Fprintf(&text, "  %s\n      %s\n", n[0], n[1])
	}
	return text.String()
}
