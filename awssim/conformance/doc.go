// Package conformance states each fact of AWS that a migration relies on as one test, named after the fact.
//
// The facts are asked over the wire, by the AWS SDK, so the same suite runs against the simulated AWS and against the
// real one. Those that a source of AWS's confirms, those that are inferred, and the open questions that a switch of
// the simulation decides stand apart: Confirmed, Inferred and Unconfirmed.
//
//	make conformance                            # against the simulated AWS: each fact in a world of its own
//	make conformance ENDPOINT=aws               # against AWS, reading only
//	make conformance ENDPOINT=aws MUTATE=1      # against AWS, changing and putting back the subjects that are named
//
// What a fact is asked about (a canary, a key, a role) is named by environment variables, listed in
// testdata/subjects.env with their meaning; a fact whose subject isn't named is skipped.
package conformance
