package workflows

import (
	"cmp"
	"maps"
	"slices"
)

// FleetSummary is what a summary came to so far. Complete says that every cell was read, or could not be.
type FleetSummary struct {
	Complete  bool `json:"complete,omitempty"`
	Cells     int  `json:"cells,omitempty"`
	CellsRead int  `json:"cells_read,omitempty"`
	// CellProblems are why cells could not be read, at most MaxCellProblems of them.
	CellProblems []Problem   `json:"cell_problems,omitempty"`
	Counts       FleetCounts `json:"counts"`
}

// FleetCounts counts canaries.
type FleetCounts struct {
	Canaries     int   `json:"canaries"`
	ByEncryption Tally `json:"by_encryption,omitempty"` // by Mode
	ByKey        Tally `json:"by_key,omitempty"`        // by key ARN
	ByRegion     Tally `json:"by_region,omitempty"`
	ByRuntime    Tally `json:"by_runtime,omitempty"`
	ByNextStep   Tally `json:"by_next_step,omitempty"`
	ByAccount    Tally `json:"by_account,omitempty"`
}

// Count counts one more canary.
func (c *FleetCounts) Count(canary FleetCanary) {
	c.Canaries++
	c.ByEncryption.add(string(canary.Encryption.Mode), 1)
	c.ByRegion.add(canary.Cell.Region, 1)
	c.ByRuntime.add(canary.Runtime, 1)
	c.ByNextStep.add(string(canary.NextStep), 1)
	c.ByAccount.add(canary.Cell.Account, 1)
	if pair, ok := canary.Pair(); ok {
		c.ByKey.add(pair.KeyARN, 1)
	}
}

// Add adds the counts of others.
func (c *FleetCounts) Add(o FleetCounts) {
	c.Canaries += o.Canaries
	mine, others := c.tallies(), o.tallies()
	for i, t := range mine {
		for _, value := range others[i].Values() {
			t.add(value, (*others[i])[value])
		}
	}
}

// Cut keeps the most frequent values of each kind: so many, and nothing is cut before there are twice as many.
func (c *FleetCounts) Cut(most int) {
	for _, t := range c.tallies() {
		if len(*t) > 2*most {
			*t = t.Most(most)
		}
	}
}

// Most are the counts with only the most frequent values of each kind.
func (c FleetCounts) Most(most int) FleetCounts {
	for _, t := range c.tallies() {
		*t = t.Most(most)
	}
	return c
}

func (c *FleetCounts) tallies() []*Tally {
	return []*Tally{&c.ByEncryption, &c.ByKey, &c.ByRegion, &c.ByRuntime, &c.ByNextStep, &c.ByAccount}
}

// Tally counts by a value.
type Tally map[string]int

func (t *Tally) add(value string, n int) {
	if *t == nil {
		*t = Tally{}
	}
	(*t)[value] += n
}

// Values are the values, the most frequent first, and those of one frequency in their order.
func (t Tally) Values() []string {
	//workflowcheck:ignore sorted
	return slices.SortedFunc(maps.Keys(t), func(a, b string) int { return cmp.Or(cmp.Compare(t[b], t[a]), cmp.Compare(a, b)) })
}

// Most is a tally of the most frequent values.
func (t Tally) Most(most int) Tally {
	var kept Tally
	values := t.Values()
	for _, value := range values[:min(most, len(values))] {
		kept.add(value, t[value])
	}
	return kept
}
