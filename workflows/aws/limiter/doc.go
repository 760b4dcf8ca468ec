// Package limiter finds out how many calls of an API an account bears, and lets no more through.
//
// AWS limits calls by token buckets, and tells few of their sizes. A Limiter begins with a guess, raises it fast while calls
// wait and none is throttled, takes a throttled call for the limit, and from then on stays a little below it and feels its
// way up again. Several limiters in as many processes may share one limit without knowing of each other: each finds a
// share of it.
package limiter
