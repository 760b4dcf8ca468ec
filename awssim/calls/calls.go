// Package calls counts the calls that reach the simulated AWS, by IAM's name of the operation: what a migration
// costs in calls is read here.
package calls

import (
	"maps"
	"sync"
)

// Counter counts calls. It is safe for concurrent use; the zero value is ready.
type Counter struct {
	mu    sync.Mutex
	count map[string]int64
}

// maxNames bounds the names that are told apart; what comes after them counts as Other. AWS has fewer operations
// in the services that are simulated, but a client may send any name.
const maxNames = 500

// Other is the name under which calls are counted once there are too many names.
const Other = "other"

// Add counts one call of an operation of a service, for example "kms" and "CreateGrant".
func (c *Counter) Add(service, operation string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.count == nil {
		c.count = map[string]int64{}
	}
	name := service + ":" + operation
	if _, known := c.count[name]; !known && len(c.count) >= maxNames {
		name = Other
	}
	c.count[name]++
}

// Counts are the calls so far, by "service:Operation".
func (c *Counter) Counts() map[string]int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return maps.Clone(c.count)
}
