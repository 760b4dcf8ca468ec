package limiter

import "math"

// How a pace is found. The figures keep the package's promises, 90 % of a limit and less than 1 % of the calls throttled,
// with one limiter and with three that share a limit (TestStaysAtTheLimit).
const (
	// firstRate is the guess to begin with, in calls per second. While no limit was met it grows by start with each call that
	// waited, which doubles it every 0.12 seconds: seven hundred calls have their turns in the first second.
	firstRate, start = 10, 6
	// leastRate is kept however much is throttled: a call every ten seconds finds out when a limit is raised.
	leastRate = 0.1
	// margin is the part of a found limit by which the rate falls below it.
	margin = 0.05
	// cycle is how many busy seconds a rate of one call per second takes to climb back to a found limit. A limit is
	// overstepped about once a cycle, so it bounds what is throttled. Higher rates have shorter cycles, of more calls
	// (steepness): of several limiters that share a limit, those with more of it then give way more often.
	cycle     = 300
	steepness = 0.8
	// doubt is the part of a cycle that the first one takes: a limit that has just been met may have been met by chance. Each
	// time that it is met again after half a cycle doubles it.
	doubt = 1. / 4
	// trust bounds how many calls before a fall count in favour of the rate after it. With it, two calls that are
	// throttled by chance don't halve the rate, and five in a row do.
	trust = 8
	// rest is how many cycles a rate rests at its share of a limit, where that is not all, before it looks for the
	// limit again; haste is how many times faster it does so.
	rest, haste = 6, 4
)

// pace is the rate at which calls may be made, adjusted by what became of those before. It follows CUBIC, the congestion
// control of TCP (RFC 9438): when a call is throttled the rate falls, climbs fast to just below where it fell, lingers
// there, and while nothing is throttled climbs on, ever faster.
type pace struct {
	share   float64 // of a limit that is used, above 0 and at most 1
	rate    float64 // calls per second
	ceiling float64 // the rate at which a call was throttled last; zero while none was
	floor   float64 // to which the rate fell then
	busy    float64 // seconds since then in which calls waited
	rested  bool    // it rested since then, or is to
	sure    float64 // of the ceiling, up to 1: the less, the sooner it is tried again
	passed  float64 // calls in a row that were not throttled, as far as they count
	epoch   int     // how often the rate has fallen
}

func newPace(share float64) pace {
	return pace{share: share, rate: firstRate, rested: true, sure: doubt}
}

// pass notes a call that was not throttled. Waited is whether it had to wait for its turn: only then was the rate tried
// out, and may a higher one be. So time in which nobody calls neither raises nor lowers it.
func (p *pace) pass(waited bool) {
	p.passed++
	if !waited {
		return
	}
	if p.ceiling == 0 {
		p.rate += start
		return
	}
	p.busy += 1 / p.rate
	p.rate = max(p.climb(), p.rate)
}

// climb is the rate that is due after the busy time since the last fall.
func (p *pace) climb() float64 {
	cycles := p.busy / p.cycle()
	if p.share < 1 {
		if p.rested {
			cycles -= rest
		}
		cycles *= haste
	}
	if cycles < 0 {
		return p.floor
	}
	step := margin * p.ceiling
	back := math.Cbrt((p.ceiling - p.floor) / step) // cycles until the ceiling is reached
	past := cycles - back
	return p.ceiling + step*past*past*past
}

// cycle is how many busy seconds the way back to the ceiling takes that is a margin below it.
func (p *pace) cycle() float64 { return p.sure * cycle * math.Pow(p.ceiling, -steepness) }

// until is how many seconds it takes until so many waiting calls are let through. While no limit was met the rate grows with each
// of them.
func (p *pace) until(calls float64) float64 {
	if p.ceiling == 0 {
		return math.Log1p(calls*start/p.rate) / start
	}
	return calls / p.rate
}

// throttle notes a call that was throttled, and reports whether the rate falls. What was let through before the last fall
// is no news. The rate falls a little below what was achieved, which is the part of the calls that were not throttled, and
// to half of it at most.
func (p *pace) throttle(epoch int) bool {
	if epoch != p.epoch {
		return false
	}
	p.epoch++
	if p.ceiling > 0 && p.busy > p.cycle()/2 {
		p.sure = min(2*p.sure, 1)
	}
	p.ceiling = p.rate
	achieved := p.rate * p.passed / (p.passed + 1)
	p.rested = !p.rested // AWS's bucket has filled up in a rest: the next call that is throttled tells the limit
	to := 1 - margin
	if p.rested {
		to = min(to, p.share)
	}
	p.floor = max(achieved*to, p.rate*to/2, leastRate)
	p.rate, p.busy = p.floor, 0
	p.passed = min(p.passed, 2*trust) / 2
	return true
}
