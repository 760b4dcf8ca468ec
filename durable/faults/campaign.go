package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"google.golang.org/protobuf/encoding/prototext"

	"rekey/awssim/journal"
	"rekey/durable/faults/judge"
	"rekey/durable/faults/play"
	"rekey/durable/faults/script"
	"rekey/durable/faults/stage"
)

// Campaign is what became of one seed.
type Campaign struct {
	Seed     uint64  `json:"seed"`
	Seconds  float64 `json:"seconds"` // of real time
	Canaries int     `json:"canaries"`
	// Migrations were created, Finished of them came to rest.
	Migrations int `json:"migrations"`
	Finished   int `json:"migrations_finished"`
	// Runs of schedules have ended, of which Failed failed, for whatever reason.
	Runs   int `json:"runs"`
	Failed int `json:"runs_failed"`
	// Faults counts the calls that met one and the acts of owners and AWS, by kind.
	Faults map[string]int64 `json:"faults"`
	// Outcomes counts canaries by their state, in every migration that knows them.
	Outcomes map[string]int `json:"outcomes"`
	Broken   []judge.Broken `json:"broken,omitempty"`

	told, file string
}

// campaign plays a seed from its beginning to the judgement.
func (s settings) campaign(ctx context.Context, seed uint64) (*Campaign, error) {
	begin := time.Now()
	sc := script.New(seed, s.script)
	st, err := stage.Start(ctx, stage.Config{Fleet: sc.Fleet, Temporal: filepath.Join(s.bin, "temporal"), Log: s.file(seed, "log")})
	if err != nil {
		return nil, err
	}
	defer st.Close()
	j, err := judge.New(ctx, st, sc)
	if err != nil {
		return nil, err
	}
	p := play.New(st, sc)
	limited, stop := context.WithTimeout(ctx, s.patience)
	defer stop()
	stuck := p.Run(limited)
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	c := &Campaign{Seed: seed, Canaries: len(sc.Fleet.Canaries), Migrations: len(sc.Migrations), Faults: map[string]int64{}}
	for k, n := range st.Sim.World.Faults.Injected() {
		c.Faults[string(k)] = n
	}
	for k, n := range p.Done {
		c.Faults[string(k)] += int64(n)
	}
	if c.Broken, c.Outcomes, err = j.Judge(ctx, p); err != nil {
		return nil, err
	}
	if stuck != nil {
		c.Broken = append(c.Broken, judge.Broken{Invariant: judge.NoRest, What: stuck.Error()})
	}
	for _, m := range p.Migrations {
		if m != nil {
			c.Finished++
		}
	}
	v := j.Verdict()
	c.Runs, c.Failed, c.told, c.file = v.Runs, v.Failed, tell(sc, p, j), s.file(seed, "txt")
	c.Seconds = time.Since(begin).Round(100 * time.Millisecond).Seconds()
	if len(c.Broken) > 0 {
		if err := writeJournal(s.file(seed, "jsonl"), st.Sim.World.Journal.Since(0)); err != nil {
			return nil, err
		}
	}
	return c, os.WriteFile(c.file, []byte(c.told), 0o600)
}

// writeJournal writes the simulated AWS's journal, an entry a line: what is broken is explained by what happened.
func writeJournal(file string, entries []journal.Entry) error {
	var b bytes.Buffer
	lines := json.NewEncoder(&b)
	for _, e := range entries {
		if err := lines.Encode(e); err != nil {
			return fmt.Errorf("journal: %w", err)
		}
	}
	return os.WriteFile(file, b.Bytes(), 0o600)
}

// file is the name of a file about a campaign.
func (s settings) file(seed uint64, ending string) string {
	return filepath.Join(s.out, "faults", fmt.Sprintf("seed-%d.%s", seed, ending))
}

// tell tells a campaign from its world to its end, for whoever has to understand it.
func tell(s *script.Script, p *play.Play, j *judge.Judge) string {
	var b strings.Builder
	for i := range s.Fleet.Canaries {
		c := &s.Fleet.Canaries[i]
		fmt.Fprintf(&b, "%s %s %s: role %s, %s, %s, by %s, %+v, environment %s, at %s, visual %t %v, takes %s, %s %v\n",
			c.Name, c.Account, c.Region, c.Role, c.Runtime, c.Schedule, c.Access, c.Encryption, c.EnvironmentKey, c.Location,
			len(c.Screenshots) > 0, c.Browsers, c.RunDuration, c.State, c.Tags)
	}
	fmt.Fprintf(&b, "%+v\n%+v\n", s.Fleet.World, s.Fleet.Synthetics)
	for i, m := range s.Migrations {
		fmt.Fprintf(&b, "%s: %s\n", play.Letter(i), prototext.MarshalOptions{}.Format(m.Spec))
	}
	return b.String() + p.String() + "\n" + j.Told()
}
