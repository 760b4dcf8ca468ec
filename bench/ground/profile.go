package ground

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"golang.org/x/sync/errgroup"
)

// Profile takes a CPU profile of each process that can be profiled, for as long as given, and then one of its heap, and writes
// them beside the results. The function that is returned waits for them.
func (g *Ground) Profile(ctx context.Context, d time.Duration, prefix string) (taken func() error) {
	taking, ctx := errgroup.WithContext(ctx)
	for process, url := range g.Stack.Profiles() {
		file := filepath.Join(g.Place.Out, prefix+process)
		taking.Go(func() error {
			if err := save(ctx, url+"/profile?seconds="+strconv.Itoa(int(d.Seconds())), file+"-profile.pprof"); err != nil {
				return err
			}
			return save(ctx, url+"/heap", file+"-heap.pprof")
		})
	}
	return taking.Wait
}

// save writes what a URL answers to a file.
func save(ctx context.Context, url, name string) error {
	answer, err := Get(ctx, url)
	if err != nil {
		return err
	}
	defer func() { _ = answer.Body.Close() }()
	file, err := os.Create(name) //nolint:gosec // beside the results
	if err != nil {
		return err
	}
	if _, err := io.Copy(file, answer.Body); err != nil {
		_ = file.Close()
		return err
	}
	return file.Close()
}
