package load

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

// profile takes CPU profiles of the processes that can be profiled while the steps last. The function that is returned waits
// for them.
func (b *bench) profile(ctx context.Context) (taken func() error) {
	d := time.Duration(len(b.load.Rates)) * b.load.Step
	taking, ctx := errgroup.WithContext(ctx)
	for process, url := range b.ground.Stack.Profiles() {
		taking.Go(func() error {
			if err := b.save(ctx, fmt.Sprintf("%s/profile?seconds=%d", url, int(d.Seconds())), process+"-profile.pprof"); err != nil {
				return err
			}
			return b.save(ctx, url+"/heap", process+"-heap.pprof")
		})
	}
	return taking.Wait
}

// save writes what a URL answers to a file beside the results.
func (b *bench) save(ctx context.Context, url, name string) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer func() { _ = answer.Body.Close() }()
	file, err := os.Create(filepath.Join(b.place.Out, "load-"+name))
	if err != nil {
		return err
	}
	if _, err := io.Copy(file, answer.Body); err != nil {
		_ = file.Close()
		return err
	}
	return file.Close()
}
