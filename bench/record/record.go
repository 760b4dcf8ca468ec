// Package record writes down and shows what the benchmarks measured, all of them alike.
package record

import (
	"encoding/json"
	"io"
	"math"
	"os"
	"path/filepath"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/urfave/cli/v3"
)

// OutFlag is the command line's flag for the directory of results.
func OutFlag() cli.Flag {
	return &cli.StringFlag{Name: "out", Value: "build/bench", Usage: "`DIRECTORY` for the results, as JSON"}
}

// Write writes a result as JSON, and makes the directory of the file when there is none.
func Write(file string, result any) error {
	text, err := json.MarshalIndent(result, "", "  ")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o750); err != nil {
		return err
	}
	return os.WriteFile(file, append(text, '\n'), 0o600)
}

// NewTable is an empty table, which is printed when it is rendered.
func NewTable(w io.Writer, header ...any) table.Writer {
	t := table.NewWriter()
	t.SetOutputMirror(w)
	t.SetStyle(table.StyleLight)
	t.AppendHeader(header)
	return t
}

// Round rounds a figure to two digits behind the point.
func Round(x float64) float64 { return math.Round(x*100) / 100 }

// Mebibytes are a number of bytes in MiB, rounded.
func Mebibytes(bytes int64) float64 { return Round(float64(bytes) / (1 << 20)) }
