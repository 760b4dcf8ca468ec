package peers

import (
	"math"

	"rekey/awssim/fault"
	"rekey/awssim/fleet"
)

// Limit is how many calls of an operation AWS takes per second from an account in a Region.
type Limit struct {
	Service   string  `json:"service"`
	Operation string  `json:"operation"`
	PerSecond float64 `json:"per_second"`
	// Source is the page that documents it, or why it was chosen.
	Source string `json:"source"`
}

// Where limits are from.
const (
	kmsQuotas = "AWS KMS Developer Guide, Request quotas (requests-per-second.html)"
	s3Rates   = "Amazon S3 User Guide, Optimizing performance (at least 5,500 GET or HEAD a second per partitioned prefix)"
	// chosen marks those of CloudWatch Synthetics: neither its guide's quotas (cloudwatch_limits.html) nor its API reference
	// has rates.
	chosen = "not documented; chosen"
)

// Chosen rates of CloudWatch Synthetics.
const (
	updatesPerSecond = 2 // of each operation that changes a canary
	readsPerUpdate   = 5 // how many times as many of each that only looks
)

// limits are AWS's, where it documents them, and those that were chosen in proportion to the updates that it takes.
func (w Workload) limits() []Limit {
	updates, reads := w.Updates, w.Updates*readsPerUpdate
	return []Limit{
		{"kms", "CreateGrant", 50, kmsQuotas},
		{"kms", "RevokeGrant", 50, kmsQuotas},
		{"kms", "ListGrants", 100, kmsQuotas},
		{"kms", "DescribeKey", 2000, kmsQuotas},
		{"kms", "GetKeyPolicy", 1000, kmsQuotas},
		{"s3", "ListObjectsV2", 5500, s3Rates},
		{"s3", "HeadObject", 5500, s3Rates},
		{"synthetics", "UpdateCanary", updates, chosen},
		{"synthetics", "StartCanaryDryRun", updates, chosen},
		{"synthetics", "GetCanary", reads, chosen},
		{"synthetics", "GetCanaryRuns", reads, chosen},
		{"synthetics", "DescribeCanaries", reads, chosen},
		{"synthetics", "DescribeCanariesLastRun", reads, chosen},
	}
}

// name is the operation with its service.
func (l Limit) name() string { return l.Service + ":" + l.Operation }

// reserve is how many calls the simulated AWS takes at once: a second's worth, and one at the least.
func (l Limit) reserve() float64 { return max(l.PerSecond, 1) }

// rules are the limits of each account of a fleet in each of its Regions.
func (w Workload) rules(f *fleet.Fleet) []fault.Rule {
	var list []fault.Rule
	for _, account := range f.Accounts {
		if account.ID == fleet.HubAccount {
			continue
		}
		for _, region := range account.Regions {
			for _, l := range w.limits() {
				list = append(list, fault.Rule{
					Service: l.Service, Operation: l.Operation, Account: account.ID, Region: region, Limit: l.PerSecond,
				})
			}
		}
	}
	return list
}

// Queue is how long calls wait for each other at the least.
type Queue struct {
	// Operation is the one that bounds, as "service:Operation".
	Operation string  `json:"operation"`
	Seconds   float64 `json:"seconds"`
}

// queue is the longest queue of calls that are spread evenly over the cells.
func (w Workload) queue(calls map[string]float64) Queue {
	var longest Queue
	for _, l := range w.limits() {
		each := math.Ceil(calls[l.name()] / float64(w.cells()))
		if seconds := (each - l.reserve()) / l.PerSecond; seconds > longest.Seconds {
			longest = Queue{l.name(), seconds}
		}
	}
	return longest
}
