package peers

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"rekey/awssim/fault"
	"rekey/awssim/fleet"
	"rekey/awssim/journal"
)

// world is a simulated AWS that runs, seen by its admin paths, which count as no calls.
type world struct {
	url   string
	fleet *fleet.Fleet
}

// limit makes AWS throttle from now on, or not any more.
func (w world) limit(ctx context.Context, rules []fault.Rule) error {
	if rules == nil {
		rules = []fault.Rule{}
	}
	text, err := json.Marshal(rules)
	if err != nil {
		return err
	}
	return w.ask(ctx, http.MethodPost, "faults", text, nil)
}

// counts are calls by "service:Operation".
type counts map[string]int64

func (c counts) sum() int64 {
	var n int64
	for _, count := range c {
		n += count
	}
	return n
}

// calls are those that were made so far, and those of them that were throttled.
func (w world) calls(ctx context.Context) (calls, throttled counts, err error) {
	if err := w.ask(ctx, http.MethodGet, "calls", nil, &calls); err != nil {
		return nil, nil, err
	}
	return calls, throttled, w.ask(ctx, http.MethodGet, "throttled", nil, &throttled)
}

// now is the simulated time.
func (w world) now(ctx context.Context) (time.Time, error) {
	var clock struct{ Now time.Time }
	return clock.Now, w.ask(ctx, http.MethodGet, "clock", nil, &clock)
}

// mutations are the entries of the journal after one, those of mutations alone, and the number of the last entry.
func (w world) mutations(ctx context.Context, since int) ([]journal.Entry, int, error) {
	var found []journal.Entry
	for {
		var page struct{ Entries []journal.Entry }
		if err := w.ask(ctx, http.MethodGet, fmt.Sprintf("journal?since=%d&limit=5000", since), nil, &page); err != nil {
			return nil, since, err
		}
		if len(page.Entries) == 0 {
			return found, since, nil
		}
		for _, e := range page.Entries {
			if e.Kind == journal.Mutation {
				found = append(found, e)
			}
		}
		since = page.Entries[len(page.Entries)-1].Seq
	}
}

// Harm is what canaries suffered: runs that were lost, and that failed because of the migration.
type Harm struct {
	Lost   int `json:"runs_lost"`
	Caused int `json:"runs_failed_because_of_migration"`
}

func (w world) harm(ctx context.Context) (Harm, error) {
	var h Harm
	return h, w.ask(ctx, http.MethodGet, "verdict", nil, &h)
}

// ask asks an admin path.
func (w world) ask(ctx context.Context, method, path string, body []byte, into any) error {
	request, err := http.NewRequestWithContext(ctx, method, w.url+"/_awssim/"+path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("%s %s: %s", method, path, response.Status)
	}
	if into == nil {
		return nil
	}
	return json.NewDecoder(response.Body).Decode(into)
}

// await asks until it is so; every is how long it rests in between.
func await(ctx context.Context, every time.Duration, is func() (bool, error)) error {
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for {
		ok, err := is()
		if ok || err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-ticker.C:
		}
	}
}
