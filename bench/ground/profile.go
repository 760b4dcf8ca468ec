package ground

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sync/errgroup"
)

// Profile takes CPU profiles of the processes that can be profiled, for as long as given, and writes them beside the results.
// The function that is returned waits for them.
func (g *Ground) Profile(ctx context.Context, d time.Duration, prefix string) (taken func() error) {
	taking, ctx := errgroup.WithContext(ctx)
	for process, url := range g.Stack.Profiles() {
		taking.Go(func() error {
			file := filepath.Join(filepath.Dir(g.Stack.Logs()), prefix+process+".pprof")
			return save(ctx, fmt.Sprintf("%s/profile?seconds=%d", url, int(d.Seconds())), file)
		})
	}
	return taking.Wait
}

// save writes what a URL answers to a file.
func save(ctx context.Context, url, name string) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	answer, err := http.DefaultClient.Do(request)
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
