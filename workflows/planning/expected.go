package planning

import (
	"time"

	"rekey/workflows"
)

// What is usual in AWS, all in its time. A forecast rests on these where a plan does not tell.
var (
	// updateTime is how long an update is under way. AWS's own CloudFormation handler looks at it first after 10 seconds, and
	// then every 5 seconds for at most 10 minutes (aws-cloudformation/aws-cloudformation-resource-providers-synthetics).
	updateTime = workflows.TimeRange{Least: 5 * time.Second, Most: time.Minute}
	// runTime is how long a run takes, from its begin to its artifacts. A timeout may be up to 14 minutes (Synthetics API,
	// CanaryRunConfigInput.TimeoutInSeconds: 840); most runs take far less than a minute.
	runTime = workflows.TimeRange{Least: 5 * time.Second, Most: 2 * time.Minute}
	// runDelay is how long a run takes to begin that an edit, or a start, sets off: a canary with a schedule runs
	// immediately after an edit completes (CloudWatch User Guide, synthetics_canaries_deletion).
	runDelay = workflows.TimeRange{Most: time.Minute}
	// startTime is how long a canary takes to start or to stop.
	startTime = workflows.TimeRange{Least: 2 * time.Second, Most: 30 * time.Second}
	// lookTime is what the looks add to each wait: one interval between them.
	lookTime = workflows.TimeRange{Most: lookEvery}
)

// How often the activities look, in AWS's time. The cell and the story ask for it.
const (
	lookEvery   = 5 * time.Second // for runs
	denialEvery = time.Minute     // for denials
	searchEvery = 5 * time.Minute // where runs are that may be denied something
	// longestRun is how long a run of before may go on that removed access waits for: the longest timeout, and a minute.
	longestRun = 15 * time.Minute
)

// Numbers that a plan does not tell.
const (
	// enabledRegions is how many an account has that enabled none itself (AWS Account Management Reference Guide,
	// manage-acct-regions: the 17 launched before March 20, 2019).
	enabledRegions = 17
	// objectsLookedAt is how many objects of a run are looked at: its log, HAR file, results and a screenshot or two.
	objectsLookedAt = 4
	// inlinePolicies are the inline policies that a role has beside rekey's.
	inlinePolicies = 1
	// Looks until an update is seen settled, a dry run is seen complete, and a run is.
	confirmLooks, dryRunLooks, runLooks = 3, 3, 2
	// What DescribeCanaries and DescribeCanariesLastRun answer a page (Synthetics API, MaxResults: 20 and 100), and for how
	// many canaries the latter is asked by name (Synthetics API, DescribeCanariesLastRunInput.Names: 5).
	censusPage, lastRunPage, byName = 20, 100, 5
)

// pages are how many pages so many take, at least one.
func pages(n, size int) int { return max((n+size-1)/size, 1) }
