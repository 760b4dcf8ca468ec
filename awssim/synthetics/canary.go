package synthetics

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"sync"
	"time"
)

// The states of a canary (types.CanaryState). Canaries are not created here, and deleted behind the API's back alone.
const (
	ready    = "READY"
	starting = "STARTING"
	running  = "RUNNING"
	updating = "UPDATING"
	stopping = "STOPPING"
	stopped  = "STOPPED"
	failed   = "ERROR"
)

// canary is one canary's present. Its methods expect mu to be held.
type canary struct {
	account, region, name, id string
	arn                       string
	tags                      map[string]string
	multi                     *MultiLocation

	mu      sync.Mutex
	script  script
	config  *configuration
	pending *configuration // what an update that has not settled yet makes of it
	initial *configuration

	state                    string
	reason, reasonCode       string
	previous                 string // the state to return to after UPDATING
	rollBack                 string // the reason with which the next update ends
	created, modified        time.Time
	lastStarted, lastStopped time.Time
	stopRequested            time.Time // by StopCanary, most recently
	scheduledSince           time.Time // since when Schedule.DurationInSeconds counts
	edits                    int       // that have settled
	deleted                  bool
	generation               int       // of the schedule: callbacks of older ones do nothing
	runs                     []*run    // oldest first
	dropped                  int       // runs that retention has taken from the front
	unpruned                 int       // index in runs of the first whose artifacts may still be there
	held                     []*run    // behind unpruned, but a baseline refers to them
	dryRuns                  []*dryRun // oldest first
	baselines                map[string]*baseline
	ids                      int
}

// script is what a canary's code does, and how the site fares that it visits.
type script struct {
	duration    time.Duration
	screenshots []Screenshot
	siteDown    bool
	outages     []Outage
}

func (s script) isDown(t time.Time) bool {
	if s.siteDown {
		return true
	}
	for _, o := range s.outages {
		if !t.Before(o.From) && t.Before(o.Until) {
			return true
		}
	}
	return false
}

// nextID is a new UUID. It follows from the canary and the number of ids before it, so that a world with the
// same events has the same ids.
func (c *canary) nextID() string {
	c.ids++
	return uuid(c.arn + "#" + strconv.Itoa(c.ids))
}

func uuid(seed string) string {
	sum := sha256.Sum256([]byte(seed))
	sum[6] = sum[6]&0x0f | 0x40
	sum[8] = sum[8]&0x3f | 0x80
	h := hex.EncodeToString(sum[:16])
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}

// isReplica says whether the canary may be edited in its primary's Region only (CloudWatch User Guide,
// "Managing multilocation canaries").
func (c *canary) isReplica() bool { return c.multi != nil && c.multi.Type == "Replica" }

func (c *canary) replicaRegion() string {
	if c.isReplica() {
		return c.region
	}
	return ""
}

// runsNow says whether the schedule makes runs: in RUNNING, and during an update of a RUNNING canary, whose
// engine stays the old one until the update is done.
func (c *canary) runsNow() bool {
	return c.state == running || c.state == updating && c.previous == running
}

// usesRun says whether a baseline is, or is to be, made from that run.
func (c *canary) usesRun(id string) bool {
	for _, v := range c.config.visual {
		if v.base == id {
			return true
		}
	}
	return false
}
