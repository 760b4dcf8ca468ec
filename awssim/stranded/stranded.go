// Package stranded watches a world for canaries that lose what they need: it asks before and after every call that may
// change something whether each canary's role may use the keys that the canary consumes. It looks at what policies and
// grants say, and so sees a loss that no run has met yet. It knows nothing of whoever makes the calls.
package stranded

import (
	"context"
	"strings"
	"sync"
	"time"

	"rekey/awssim"
	"rekey/awssim/identity"
	"rekey/awssim/journal"
	"rekey/awssim/kms"
	"rekey/awssim/s3"
	"rekey/awssim/synthetics"
	"rekey/awssim/wire"
)

// Finding is a need of a canary that ceased to be met, or that came to be without being met.
type Finding struct {
	synthetics.Need
	// Lost says that it was met before; otherwise the canary's settings came to ask for what its role may not do.
	Lost bool `json:"lost"`
	// By is the ARN of the user or role whose call did it, empty for what happened without one: a run, or the world's
	// owner behind the API's back.
	By string `json:"by,omitempty"`
	// Entry is the journal's, of that call.
	Entry journal.Entry `json:"entry,omitzero"`
	// Time is simulated.
	Time time.Time `json:"time"`
}

// Observer notes who strands a canary. It makes calls that change something wait for each other, so that each finding
// has one cause; without one a world does none of this.
type Observer struct {
	world    *awssim.World
	canaries *synthetics.Service

	mu       sync.Mutex
	met      map[synthetics.Need]bool // as of the latest look
	findings []Finding
}

// New watches a world, from the needs on that are met now: what a canary lacks from the beginning nobody took from it.
func New(w *awssim.World, canaries *synthetics.Service) *Observer {
	o := &Observer{world: w, canaries: canaries, met: map[synthetics.Need]bool{}}
	frozen := w.Freeze()
	for _, n := range o.needs() {
		o.met[n] = isMet(frozen, n)
	}
	w.Watch = o.watch
	return o
}

// Findings are all so far, in order.
func (o *Observer) Findings() []Finding {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.look(cause{})
	return append([]Finding(nil), o.findings...)
}

// Outside does what happens without a call, and looks before and after it, so that no call is blamed for it.
func (o *Observer) Outside(f func() error) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.look(cause{})
	err := f()
	o.look(cause{})
	return err
}

// watch serves a call, and looks before and after it if it may change something.
func (o *Observer) watch(operation string, c *wire.Call, serve func()) {
	if reads(operation) {
		serve()
		return
	}
	o.catchUp(c.HTTP.Context())
	o.mu.Lock()
	defer o.mu.Unlock()
	o.look(cause{})
	before := o.world.Journal.Len()
	serve()
	for _, e := range o.world.Journal.Since(before) {
		if e.Kind == journal.Mutation && strings.HasSuffix(e.Action, ":"+operation) {
			o.look(cause{c.Principal.ARN, e})
			return
		}
	}
}

// catchUp waits until what was due by now has happened. On a busy machine the clock's events come late, and a run that was
// over before a call changed something must not meet the change.
func (o *Observer) catchUp(ctx context.Context) {
	done := make(chan struct{})
	o.world.Clock.At(o.world.Clock.Now(), func() { close(done) })
	select {
	case <-done:
	case <-ctx.Done(): // the caller has gone, or the world
	}
}

// reads reports whether an operation changes nothing, by the beginning of its name.
func reads(operation string) bool {
	for _, verb := range []string{"Get", "List", "Describe", "Head", "Assume", "Decrypt", "GenerateDataKey"} {
		if strings.HasPrefix(operation, verb) {
			return true
		}
	}
	return false
}

// cause is who did what between two looks; nobody, where it wasn't a call.
type cause struct {
	by    string
	entry journal.Entry
}

// look compares every need with the look before.
func (o *Observer) look(c cause) {
	frozen := o.world.Freeze()
	for _, n := range o.needs() {
		met := isMet(frozen, n)
		before, known := o.met[n]
		if !met && (before || !known) {
			by := c
			if !known {
				by = c.about(n.Canary)
			}
			o.findings = append(o.findings, Finding{Need: n, Lost: known, By: by.by, Entry: by.entry, Time: o.world.Clock.Now()})
		}
		o.met[n] = met
	}
}

// about is the cause of what a canary came to need: its own update, or nobody's call. Time goes on while another call is served,
// so that an update of before takes effect.
func (c cause) about(canary string) cause {
	if c.entry.Resource != canary {
		return cause{}
	}
	return c
}

// needs are the canaries', those to read with the encryption that the object has. What isn't there isn't needed.
func (o *Observer) needs() []synthetics.Need {
	all := o.canaries.Needs()
	needs := all[:0]
	for _, n := range all {
		if n.For == synthetics.NeedBaseline {
			object, ok := o.world.S3.Stat(n.Bucket, n.Object)
			if !ok {
				continue
			}
			n.Encryption = object.Encryption
		}
		needs = append(needs, n)
	}
	return needs
}

func isMet(f *awssim.Frozen, n synthetics.Need) bool {
	role := identity.Role(n.Role, "stranded")
	switch n.For {
	case synthetics.NeedWrite:
		return f.CheckPut(role, s3.PutInput{Bucket: n.Bucket, Key: n.Object, Encryption: n.Encryption}) == nil
	case synthetics.NeedEnvironment:
		return f.Use(kms.Use{
			Principal: role, KeyARN: n.Key, Region: n.Region, Operation: "Decrypt", Via: "lambda." + n.Region + ".amazonaws.com",
		}) == nil
	default: // NeedRead, NeedBaseline
		return f.CheckGet(role, n.Bucket, n.Object, n.Encryption) == nil
	}
}
