// Package guard tells the harm that a migration does from what hits canaries that were not migrated too, such as an outage of
// the site. It compares how both do in their last runs; canaries that failed before the migration began are in neither
// group, since a failure of theirs says nothing.
//
// The rule is about shares, and is one for the failure of a canary and for the judgement of a wave: not-yet-migrated
// canaries fail alike if at least two of them fail, and at least half as large a share of them as of the migrated ones.
// Two, because one that fails proves no outage; half, because groups are small and never hit quite alike.
//
// A test of significance was weighed and left out. At the size of a first wave it can't tell: one of ten migrated canaries
// that fails, beside none of ninety others, has a probability of 0.1 by chance alone (Fisher's exact test), so it would go
// on, where an operator wants to have a look. What errs here errs towards a failure that is charged, and a pause.
package guard

import (
	"fmt"

	"rekey/workflows"
)

// leastFailing is how many not-yet-migrated canaries must fail before what they show is taken to be an outage.
const leastFailing = 2

// usual is the share (one in so many) up to which failures that both groups show are taken to be what is usual there; where
// more fail, it is an outage.
const usual = 10

// Excused reports whether a failure of a migrated canary is not charged to a failure budget, because not-yet-migrated
// canaries fail alike. Migrated are those that the failure is about, with all that were migrated beside it. What is known to
// come from the migration, such as a run that was denied the new key, is not to be asked about.
func Excused(migrated, control workflows.RunShare) bool {
	if migrated.Failed == 0 || control.Failed < leastFailing {
		return false
	}
	// control.Failed/control.Canaries >= migrated.Failed/migrated.Canaries/2, without fractions.
	return 2*control.Failed*migrated.Canaries >= migrated.Failed*control.Canaries
}

// Harm judges a wave by its migrated canaries and the not-yet-migrated ones of the same cells: GoOn or Inconclusive, with the
// reason in words. That a budget is used up (Stop) is not for it to say, nor what becomes of a wave without canaries to
// watch.
//
//	no migrated canary has run since                         inconclusive
//	none fails                                               go on
//	others fail alike, and of the migrated a tenth at most   go on: that is usual there
//	others fail alike, and more of the migrated              inconclusive: an outage would hide harm
//	there are too few others to compare with                 inconclusive
//	others fail less, or not at all                          inconclusive: the migration may do harm
func Harm(migrated, control workflows.RunShare) (workflows.WaveVerdict, string) {
	fail := fmt.Sprintf("%d of %d migrated canaries failed in their last runs, and %d of %d not-yet-migrated ones",
		migrated.Failed, migrated.Canaries, control.Failed, control.Canaries)
	switch {
	case migrated.Canaries == 0:
		return workflows.Inconclusive, "no migrated canary has completed a run since"
	case migrated.Failed == 0:
		return workflows.GoOn, fmt.Sprintf("none of %d migrated canaries failed in its last run", migrated.Canaries)
	case Excused(migrated, control) && migrated.Failed*usual <= migrated.Canaries:
		return workflows.GoOn, fail + ": that is usual there"
	case Excused(migrated, control):
		return workflows.Inconclusive, fail + ": an outage would hide what the migration does; look at the site, and advance the wave when it is over"
	case control.Canaries < leastFailing:
		return workflows.Inconclusive, fail + ": there are too few of these to tell an outage from harm"
	}
	return workflows.Inconclusive, fail + ": the migration may do harm; look at the runs that failed"
}
