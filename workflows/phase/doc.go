// Package phase knows when canaries run by their schedules: how many runs go on at once, and when a canary may be edited so
// that it keeps its phase. It is pure.
//
// A canary with a rate runs at an interval from where its schedule was reset last. Every edit resets it, and the canary runs
// at once (CloudWatch User Guide, synthetics_canaries_deletion): canaries that are edited together run together from then
// on. One that is edited just before a run is due runs when it would have run anyway.
package phase
