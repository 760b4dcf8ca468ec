package peers

import (
	"context"
	"fmt"
	"time"
)

// Kill is what became of a fleet whose contender was killed half-way.
type Kill struct {
	Contender Contender `json:"contender"`
	// AtUpdates is how many canaries' settings had been changed when the signal was sent.
	AtUpdates int `json:"at_updates"`
	// Left is how the fleet lay there after the kill, once AWS was at rest; End is how it did after the contender had been
	// started again and ended.
	Left Inventory `json:"left"`
	End  Inventory `json:"end"`
	// Again is why the contender did not end well when it was started again; empty where it did.
	Again string `json:"again,omitempty"`
	// Seconds are from that start to its end.
	Seconds float64 `json:"seconds_again"`
	Harm
}

// Finished reports whether the fleet is done in the end, with nothing left over.
func (k Kill) Finished() bool {
	return k.End.After > 0 && k.End.Before+k.End.Between == 0 && k.End.IdleOld+k.End.IdleNew+k.End.Denied+k.End.OldBaselines == 0
}

// rest is how long AWS is left alone after a kill, in its own time: what it had queued has settled by then.
const rest = time.Minute

// kill kills a contender when half of the canaries have been updated, looks at what lies there, and starts it again.
func (b *bench) kill(ctx context.Context, c Contender, w Workload) (Kill, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	k := Kill{Contender: c}
	at, err := b.place.open(ctx, c, w, "killed-"+slug(string(c)))
	if err != nil {
		return k, err
	}
	defer at.close()
	initial, err := prepare(ctx, at.world(), w)
	if err != nil {
		return k, err
	}
	if err := at.begin(ctx); err != nil {
		return k, err
	}
	if k.AtUpdates, err = at.world().halfway(ctx, w.Canaries/2); err != nil {
		return k, err
	}
	if err := at.kill(); err != nil {
		return k, err
	}
	if err := at.world().settle(ctx); err != nil {
		return k, err
	}
	if k.Left, err = take(ctx, at.world(), initial); err != nil {
		return k, err
	}
	return k, k.takeUp(ctx, at, initial)
}

// takeUp starts a killed contender again. That it does not end well is part of the answer.
func (k *Kill) takeUp(ctx context.Context, at work, initial baselines) error {
	begun := time.Now()
	if err := at.again(ctx); err != nil {
		return err
	}
	if _, err := at.finish(ctx); err != nil {
		k.Again = err.Error()
	}
	k.Seconds = seconds(begun)
	if err := at.world().settle(ctx); err != nil {
		return err
	}
	var err error
	if k.End, err = take(ctx, at.world(), initial); err != nil {
		return err
	}
	k.Harm, err = at.world().harm(ctx)
	return err
}

// halfway returns when so many changes of canaries' encryption were asked for, and says how many there are.
func (w world) halfway(ctx context.Context, enough int) (int, error) {
	updates, since := 0, 0
	err := await(ctx, 20*time.Millisecond, func() (bool, error) {
		entries, last, err := w.mutations(ctx, since)
		since = last
		for _, e := range entries {
			if e.Action == "synthetics:UpdateCanary" && e.Detail["before"] != e.Detail["after"] {
				updates++
			}
		}
		return updates >= enough, err
	})
	if err != nil {
		return updates, fmt.Errorf("waiting for %d updates, of which there are %d: %w", enough, updates, err)
	}
	return updates, nil
}

// settle returns when AWS has been left alone for long enough.
func (w world) settle(ctx context.Context) error {
	from, err := w.now(ctx)
	if err != nil {
		return err
	}
	return await(ctx, 50*time.Millisecond, func() (bool, error) {
		now, err := w.now(ctx)
		return now.Sub(from) > rest, err
	})
}
