package script

import (
	"math/rand/v2"
	"time"
)

// dice draw what a seed decides.
type dice struct{ *rand.Rand }

// oneOf draws from a list.
func oneOf[T any](d *dice, list ...T) T { return list[d.IntN(len(list))] }

// chance is true so many times out of a hundred.
func (d *dice) chance(percent int) bool { return d.IntN(100) < percent }

// between draws a time of whole seconds.
func (d *dice) between(from, to time.Duration) time.Duration {
	return from + time.Duration(d.Int64N(int64((to-from)/time.Second)+1))*time.Second
}
