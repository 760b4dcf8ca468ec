package peers

import (
	"fmt"
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

// Limits are AWS's, where it documents them. A simulated limit holds a second's worth of calls in reserve.
func Limits() []Limit {
	return []Limit{
		{"kms", "CreateGrant", 50, kmsQuotas},
		{"kms", "RevokeGrant", 50, kmsQuotas},
		{"kms", "ListGrants", 100, kmsQuotas},
		{"kms", "DescribeKey", 2000, kmsQuotas},
		{"kms", "GetKeyPolicy", 1000, kmsQuotas},
		{"s3", "ListObjectsV2", 5500, s3Rates},
		{"s3", "HeadObject", 5500, s3Rates},
		{"synthetics", "UpdateCanary", 2, chosen},
		{"synthetics", "StartCanaryDryRun", 2, chosen},
		{"synthetics", "GetCanary", 10, chosen},
		{"synthetics", "GetCanaryRuns", 10, chosen},
		{"synthetics", "DescribeCanaries", 10, chosen},
		{"synthetics", "DescribeCanariesLastRun", 10, chosen},
	}
}

// rules are the limits of each account of a fleet in each of its Regions.
func rules(f *fleet.Fleet) []fault.Rule {
	var list []fault.Rule
	for _, account := range f.Accounts {
		if account.ID == fleet.HubAccount {
			continue
		}
		for _, region := range account.Regions {
			for _, l := range Limits() {
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

// queue is the longest queue of calls that are spread evenly over so many cells.
func queue(calls map[string]float64, cells int) Queue {
	var longest Queue
	for _, l := range Limits() {
		name := fmt.Sprintf("%s:%s", l.Service, l.Operation)
		each := math.Ceil(calls[name] / float64(cells))
		if seconds := (each - l.PerSecond) / l.PerSecond; seconds > longest.Seconds {
			longest = Queue{name, seconds}
		}
	}
	return longest
}
