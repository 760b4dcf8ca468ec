package peers

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/goccy/go-yaml"

	"rekey/awssim/fleet"
)

// work is one contender's work on a world of its own.
type work interface {
	// world is where it works.
	world() world
	// begin begins it, finish waits for its end and says what it took.
	begin(ctx context.Context) error
	finish(ctx context.Context) (Cost, error)
	// kill ends the contender as a crash would, and again starts it anew: a program from its beginning, rekey's worker where
	// the server of workflows has it.
	kill() error
	again(ctx context.Context) error
	// close ends all processes.
	close()
}

// Cost is what a contender took.
type Cost struct {
	// Seconds is from its start until everything was done; for rekey from the request to plan until the migration rests.
	Seconds float64 `json:"seconds"`
	// PlanSeconds is rekey's share of that until the plan was there, which others don't make.
	PlanSeconds float64 `json:"plan_seconds,omitempty"`
	// CPUSeconds are those of the contender's processes, by name; the simulated AWS is none of them.
	CPUSeconds map[string]float64 `json:"cpu_seconds"`
}

// cpu is the sum over the processes, in seconds.
func (c Cost) cpu() float64 {
	sum := 0.0
	for _, seconds := range c.CPUSeconds {
		sum += seconds
	}
	return sum
}

// place is where programs are, and where what is written goes.
type place struct {
	bin, plain string // the directory of rekey's programs, and the plain program
	out        string
}

// open starts a world for a contender. The name is of its logs.
func (p place) open(ctx context.Context, c Contender, w Workload, name string) (work, error) {
	f := w.fleet()
	file, err := p.write(f, name)
	if err != nil {
		return nil, err
	}
	logs := filepath.Join(p.out, "logs", name)
	if err := os.RemoveAll(logs); err != nil { // of an earlier run
		return nil, err
	}
	if err := os.MkdirAll(logs, 0o750); err != nil {
		return nil, err
	}
	if c == Rekey {
		return openRekey(ctx, p, w, f, file, logs)
	}
	return openPlain(ctx, p, w, f, file, logs, c == OneByOne)
}

// write writes the file of a fleet.
func (p place) write(f *fleet.Fleet, name string) (string, error) {
	text, err := yaml.Marshal(f)
	if err != nil {
		return "", err
	}
	if err := os.MkdirAll(p.out, 0o750); err != nil {
		return "", err
	}
	file := filepath.Join(p.out, name+".yaml")
	return file, os.WriteFile(file, text, 0o600)
}

// members are the accounts of a fleet that have canaries, and their Regions.
func members(f *fleet.Fleet) (accounts, regions []string) {
	for _, a := range f.Accounts {
		if a.ID != fleet.HubAccount {
			accounts, regions = append(accounts, a.ID), a.Regions
		}
	}
	return accounts, regions
}

// targets are the ARNs of the keys to which a fleet moves, each once.
func targets(f *fleet.Fleet) []string {
	var keys []string
	for _, k := range f.TargetKeys() { // one for each account that it is shared with
		if !slices.Contains(keys, k.ARN) {
			keys = append(keys, k.ARN)
		}
	}
	return keys
}

// tail is the end of a log, for an error.
func tail(file string) string {
	text, err := os.ReadFile(file) //nolint:gosec // a log that this program has written
	if err != nil {
		return err.Error()
	}
	const most = 2000
	return fmt.Sprintf("%s ends with:\n%s", file, text[max(len(text)-most, 0):])
}

func seconds(since time.Time) float64 { return time.Since(since).Seconds() }
