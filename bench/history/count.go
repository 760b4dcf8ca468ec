// Package history counts what the histories of Temporal's workflows hold: events, activities and billable actions, by
// workflow type, and how long the longest are.
package history

import (
	"go.temporal.io/api/history/v1"
)

// Count is what the runs of some workflows hold.
type Count struct {
	// Runs is how many runs there are; a continue-as-new begins another.
	Runs int64
	// Events are the history events by type, as the API's enumeration calls them, and Activities those that were scheduled,
	// by activity type.
	Events     map[string]int64
	Activities map[string]int64
	// Retries are the attempts after the first of activities, by activity type.
	Retries map[string]int64
	// Actions are the billable ones that a history shows, by Temporal Cloud's names. It shows no query, no heartbeat and no
	// update that was refused.
	Actions map[string]int64
	// LongestEvents and LongestBytes are those of the longest run.
	LongestEvents int64
	LongestBytes  int64

	// scheduled are the types of a run's activities by event id.
	scheduled map[int64]string
	// marked is the last workflow task for which a marker was counted.
	marked int64
}

// New is the count of nothing.
func New() *Count {
	return &Count{
		Events: map[string]int64{}, Activities: map[string]int64{}, Retries: map[string]int64{}, Actions: map[string]int64{},
	}
}

// Begin begins a run of that length. Its events follow, in their order.
func (c *Count) Begin(events, bytes int64) {
	c.Runs++
	c.LongestEvents, c.LongestBytes = max(c.LongestEvents, events), max(c.LongestBytes, bytes)
	c.scheduled, c.marked = map[int64]string{}, 0
}

// Add counts an event of the run that was begun last.
func (c *Count) Add(event *history.HistoryEvent) {
	c.Events[event.GetEventType().String()]++
	if scheduled := event.GetActivityTaskScheduledEventAttributes(); scheduled != nil {
		name := scheduled.GetActivityType().GetName()
		c.scheduled[event.GetEventId()] = name
		c.Activities[name]++
	}
	started := event.GetActivityTaskStartedEventAttributes()
	if again := int64(started.GetAttempt()) - 1; again > 0 {
		c.Retries[c.scheduled[started.GetScheduledEventId()]] += again
	}
	c.act(event)
}

// Merge adds another count.
func (c *Count) Merge(other *Count) {
	c.Runs += other.Runs
	for _, pair := range []struct{ into, from map[string]int64 }{
		{c.Events, other.Events}, {c.Activities, other.Activities}, {c.Retries, other.Retries}, {c.Actions, other.Actions},
	} {
		for key, n := range pair.from {
			pair.into[key] += n
		}
	}
	c.LongestEvents = max(c.LongestEvents, other.LongestEvents)
	c.LongestBytes = max(c.LongestBytes, other.LongestBytes)
}

// Sum is the total of one of a count's maps.
func Sum(counts map[string]int64) int64 {
	var sum int64
	for _, n := range counts {
		sum += n
	}
	return sum
}
