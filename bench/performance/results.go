package performance

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"rekey/bench/control"
	"rekey/bench/designs"
	"rekey/bench/edits"
	"rekey/bench/limiter"
	"rekey/bench/load"
	"rekey/bench/migrate"
	"rekey/bench/peers"
	"rekey/durable/kill/matrix"
)

// results is the directory of the results beside the page, kept are the names of those that it shows.
const results = "performance"

var kept = []string{
	"kill.json", "faults.json", "load-full.json", "control-*.json", "migrate-*.json", "limiter.json", "peers.json", "designs.json",
	"edits.json",
}

// Results are those that the page shows. What has not been measured yet is nil or empty.
type Results struct {
	Kill    *kill
	Faults  *faults
	Load    *api
	Control verbs
	Scale   scale
	Limiter *limits
	Peers   *contest
	Designs *costs
	Edits   *turns
}

// read reads the results of a directory.
func read(dir string) (*Results, error) {
	d := directory{dir: dir}
	r := &Results{}
	if k := one[matrix.Report](&d, "kill.json"); k != nil {
		r.Kill = &kill{k}
	}
	r.Faults = one[faults](&d, "faults.json")
	if l := one[load.Result](&d, "load-full.json"); l != nil {
		r.Load = &api{l}
	}
	r.Control = all[control.Result](&d, "control-*.json")
	r.Scale = all[migrate.Report](&d, "migrate-*.json")
	if l := one[limiter.Result](&d, "limiter.json"); l != nil {
		r.Limiter = &limits{l}
	}
	if p := one[peers.Result](&d, "peers.json"); p != nil {
		r.Peers = &contest{p}
	}
	if c := one[designs.Result](&d, "designs.json"); c != nil {
		r.Designs = &costs{c}
	}
	if e := one[edits.Result](&d, "edits.json"); e != nil {
		r.Edits = &turns{e}
	}
	r.sort()
	return r, d.err
}

// sort sorts what there is in several sizes by size.
func (r *Results) sort() {
	slices.SortFunc(r.Control, func(a, b *control.Result) int { return a.Workload.Canaries - b.Workload.Canaries })
	slices.SortFunc(r.Scale, func(a, b *migrate.Report) int { return largest(a) - largest(b) })
}

// directory is a directory of results, with the first error that reading them met.
type directory struct {
	dir string
	err error
}

// one reads a result; it is nil where there is none.
func one[T any](d *directory, name string) *T {
	text, err := os.ReadFile(filepath.Join(d.dir, name)) //nolint:gosec // a name of ours
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	result := new(T)
	if err == nil {
		err = decode(text, result)
	}
	if err != nil {
		d.err = errors.Join(d.err, fmt.Errorf("%s: %w", name, err))
		return nil
	}
	return result
}

// all reads the results whose names match.
func all[T any](d *directory, pattern string) []*T {
	files, err := filepath.Glob(filepath.Join(d.dir, pattern))
	if err != nil {
		d.err = errors.Join(d.err, err)
	}
	var list []*T
	for _, file := range files {
		if result := one[T](d, filepath.Base(file)); result != nil {
			list = append(list, result)
		}
	}
	return list
}

// decode refuses fields that are not known: a field that was renamed would be shown as 0.
func decode(text []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return fmt.Errorf("it was measured by another version of the benchmark, measure it anew: %w", err)
	}
	return nil
}

// collect copies results that the page shows from another directory.
func collect(w io.Writer, from, to string) error {
	for _, pattern := range kept {
		files, err := filepath.Glob(filepath.Join(from, pattern))
		if err != nil {
			return err
		}
		for _, file := range files {
			text, err := os.ReadFile(file) //nolint:gosec // the caller's directory
			if err != nil {
				return err
			}
			if err := os.WriteFile(filepath.Join(to, filepath.Base(file)), text, 0o600); err != nil {
				return err
			}
			_, _ = fmt.Fprintln(w, "collected", filepath.Base(file)) // nobody reads it any more
		}
	}
	return nil
}
