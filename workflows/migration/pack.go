package migration

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"

	"rekey/workflows"
)

// packed are the lists of a resumed migration that grow with its cells.
type packed struct {
	Cells    []workflows.CellReport      `json:"cells"`
	Selected []workflows.SelectedAccount `json:"selected,omitempty"`
	Steering []workflows.Steering        `json:"steering,omitempty"`
}

// pack compresses what grows with the cells. Reports are alike, so that they take about a tenth.
func pack(r *workflows.MigrationResume) error {
	var out bytes.Buffer
	zip := gzip.NewWriter(&out)
	err := json.NewEncoder(zip).Encode(packed{Cells: r.Cells, Selected: r.Selected, Steering: r.Steering})
	if err := errors.Join(err, zip.Close()); err != nil {
		return err
	}
	r.Packed, r.Cells, r.Selected, r.Steering = out.Bytes(), nil, nil, nil
	return nil
}

// unpack undoes pack. What was not packed, by an earlier version, stays.
func unpack(r *workflows.MigrationResume) {
	if len(r.Packed) == 0 {
		return
	}
	var lists packed
	zip, err := gzip.NewReader(bytes.NewReader(r.Packed))
	if err == nil {
		err = json.NewDecoder(zip).Decode(&lists)
	}
	if err != nil {
		panic(err) // this workflow's own text: stop, and let the worker be mended, rather than go on without cells
	}
	r.Cells, r.Selected, r.Steering = lists.Cells, lists.Selected, lists.Steering
}
