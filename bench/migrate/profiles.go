package migrate

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"time"
)

const (
	// profileAfter is when profiles begin, when all stories of a window are under way; profileFor is how long they are.
	profileAfter = 10 * time.Second
	profileFor   = 20 * time.Second
)

// profiled takes profiles of the processes that can be profiled, in the background; the answer waits until that is done.
func (b *bench) profiled(ctx context.Context) (wait func()) {
	var taking sync.WaitGroup
	for process, url := range b.stack.Profiles() {
		taking.Go(func() {
			select {
			case <-time.After(profileAfter):
			case <-ctx.Done():
				return
			}
			for kind, query := range map[string]string{"profile": "?seconds=" + strconv.Itoa(int(profileFor.Seconds())), "heap": ""} {
				if err := b.save(ctx, url+"/"+kind+query, process+"-"+kind+".pprof"); err != nil {
					fmt.Fprintln(os.Stderr, "profile:", err)
				}
			}
		})
	}
	return taking.Wait
}

// save writes what a URL answers to a file beside the results.
func (b *bench) save(ctx context.Context, url, name string) error {
	response, err := get(ctx, url)
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }()
	file, err := os.Create(filepath.Join(b.out, name))
	if err != nil {
		return err
	}
	if _, err := io.Copy(file, response.Body); err != nil {
		return err
	}
	return file.Close()
}
