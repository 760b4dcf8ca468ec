// Package journal is the simulated world's record of what happened to it: every mutation, every denied call
// and every canary run, in order. Tests and rehearsal reports read it; nothing is ever removed from it.
package journal

import (
	"slices"
	"sync"
	"time"
)

// Kind tells the three sorts of entries apart.
type Kind string

// The kinds of entries.
const (
	Mutation Kind = "mutation" // a call that changed something
	Denial   Kind = "denial"   // a call, or a step of a run, that was refused for want of permission
	Run      Kind = "run"      // a canary run that has ended
)

// Entry is one thing that happened.
type Entry struct {
	Seq  int       `json:"seq"`
	Time time.Time `json:"time"` // simulated
	Kind Kind      `json:"kind"`
	// Account and Region are where it happened (the resource's, for denials the caller's call).
	Account string `json:"account"`
	Region  string `json:"region,omitempty"`
	// Principal is the ARN of who did it.
	Principal string `json:"principal,omitempty"`
	// Action is IAM's name of the operation, for example kms:CreateGrant; for runs synthetics:Run.
	Action string `json:"action"`
	// Resource is the ARN of what it was done to.
	Resource string `json:"resource"`
	// Detail holds what the action was about: grant id, key, run id, state, encryption before and after.
	Detail map[string]string `json:"detail,omitempty"`
}

// Journal collects entries. It is safe for concurrent use.
type Journal struct {
	mu      sync.RWMutex
	entries []Entry
}

// Add appends an entry and numbers it.
func (j *Journal) Add(e Entry) {
	j.mu.Lock()
	defer j.mu.Unlock()
	e.Seq = len(j.entries) + 1
	j.entries = append(j.entries, e)
}

// Len is how many entries there are: the number of the last one.
func (j *Journal) Len() int {
	j.mu.RLock()
	defer j.mu.RUnlock()
	return len(j.entries)
}

// Since returns the entries after the one numbered seq; 0 returns all. They must not be changed.
func (j *Journal) Since(seq int) []Entry {
	j.mu.RLock()
	defer j.mu.RUnlock()
	if seq >= len(j.entries) {
		return nil
	}
	return slices.Clip(j.entries[max(seq, 0):])
}
