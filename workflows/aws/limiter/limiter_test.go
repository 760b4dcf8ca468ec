package limiter

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/time/rate"
)

// limiters are those of so many workers.
func limiters(n int, share float64) []*Limiter {
	list := make([]*Limiter, n)
	for i := range list {
		list[i] = New(share)
	}
	return list
}

// begin gathers callers who never rest, and lets them find the limit.
func begin(a *api, workers int, share float64) *crowd {
	c := gather(a, 4+int(a.bucket.Limit()/5), limiters(workers, share)...)
	pass(settling(a.bucket.Limit()))
	return c
}

// settling is how long limiters may take to find a limit: so many calls, or so many where they are rare. Measured is how
// long they are watched then: some thousand calls.
func settling(limit rate.Limit) time.Duration { return seconds(60 + 1000/float64(limit)) }
func measured(limit rate.Limit) time.Duration { return seconds(max(6000/float64(limit), 60)) }

// checkAtLimit checks the promises over a time.
func checkAtLimit(t *testing.T, when string, a *api, over time.Duration) {
	t.Helper()
	if got := watch(a, over); got.used < 0.9 || got.throttled >= 0.01 {
		t.Errorf("%s: %s", when, got)
	}
}

// TestStaysAtTheLimit plays hours of callers that never rest, against limits of many rates and bursts. AWS's buckets hold
// what is allowed in a second as a rule, and one call at least; smaller ones are here too.
func TestStaysAtTheLimit(t *testing.T) {
	for _, workers := range []int{1, 3} {
		for _, perSecond := range []float64{0.5, 2, 10, 50, 500} {
			for _, burst := range []int{1, 2, 3, 10, 100} {
				if burst < workers || burst == 1 && perSecond > 2 {
					continue // see TestTinyBuckets
				}
				t.Run(fmt.Sprintf("%d workers, %v a second, burst %d", workers, perSecond, burst), func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) {
						a := newAPI(perSecond, burst)
						a.jitter = 2 * time.Millisecond
						c := begin(a, workers, 1)
						defer c.disperse()
						checkAtLimit(t, "after it was found", a, measured(a.bucket.Limit()))
					})
				})
			}
		}
	}
}

// TestFindsTheLimit has callers who never rest meet a limit for the first time, one who waits for each answer as many who don't
// wait for each other. It is found within seconds, by a few calls that are throttled: chance decides how many, and the most of a
// thousand plays were 32.
func TestFindsTheLimit(t *testing.T) {
	for _, callers := range []int{1, 20} {
		for _, perSecond := range []float64{2, 10, 50, 100} {
			t.Run(fmt.Sprintf("%d callers, %v a second", callers, perSecond), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					a, l := newAPI(perSecond, int(perSecond)), New(1)
					a.latency = 5 * time.Millisecond
					defer gather(a, callers, l).disperse()
					pass(20 * time.Second)
					a.mu.Lock()
					defer a.mu.Unlock()
					if a.throttled > 40 || float64(a.passed) < 15*perSecond {
						t.Errorf("%.1f a second after %d calls that passed and %d that were throttled", l.Rate(), a.passed, a.throttled)
					}
				})
			})
		}
	}
}

// TestIsAtTheLimitSoon has callers meet a slow limit for the first time, again and again, since chance decides at what rate: they use
// it from the sixth second on.
func TestIsAtTheLimitSoon(t *testing.T) {
	for range 100 {
		synctest.Test(t, func(t *testing.T) {
			a := newAPI(2, 2)
			a.latency, a.jitter = 10*time.Millisecond, 20*time.Millisecond
			defer gather(a, 10, New(1)).disperse()
			pass(5 * time.Second)
			if got := watch(a, time.Minute); got.used < 0.93 {
				t.Error(got)
			}
		})
	}
}

// TestTinyBuckets shows where the promises end. Workers that don't know of each other meet by chance; a bucket that holds
// fewer calls than there are workers throttles them then, at any rate. What is throttled stays rare at the cost of what is
// used.
func TestTinyBuckets(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newAPI(2, 2)
		c := begin(a, 3, 1)
		defer c.disperse()
		got := watch(a, 2*time.Hour)
		t.Log(got)
		if got.used < 0.1 || got.throttled > 0.05 {
			t.Error(got)
		}
	})
}

// TestLatency has calls take long, so that many are under way when the first is throttled.
func TestLatency(t *testing.T) {
	for _, latency := range []time.Duration{time.Millisecond, time.Second, 5 * time.Second} {
		t.Run(latency.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a := newAPI(20, 20)
				a.latency, a.jitter = latency, latency/2
				c := gather(a, 4+int(40*latency.Seconds()), limiters(3, 1)...)
				defer c.disperse()
				pass(20 * time.Minute)
				checkAtLimit(t, "after it was found", a, 20*time.Minute)
			})
		})
	}
}

// TestFollowsTheLimit has AWS lower and raise a limit while calls are made.
func TestFollowsTheLimit(t *testing.T) {
	for name, test := range map[string]struct {
		from, to float64
		within   time.Duration
	}{
		"halved":              {20, 10, time.Minute},
		"a tenth":             {20, 2, 5 * time.Minute},
		"doubled":             {10, 20, 10 * time.Minute},
		"doubled, a slow one": {1, 2, 45 * time.Minute},
		"ten times as high":   {10, 100, 20 * time.Minute},
	} {
		for _, workers := range []int{1, 3} {
			t.Run(fmt.Sprintf("%s, %d workers", name, workers), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					a := newAPI(test.from, 10)
					c := begin(a, workers, 1)
					defer c.disperse()
					defer gather(a, int(test.to/5), c.limiters...).disperse()
					a.bucket.SetLimit(rate.Limit(test.to))
					pass(test.within)
					checkAtLimit(t, "after the change", a, measured(a.bucket.Limit()))
				})
			})
		}
	}
}

// TestIdleTimeIsNoLesson has nobody call for a while, or few: what was found is known afterwards, and no burst makes up for
// what was not called.
func TestIdleTimeIsNoLesson(t *testing.T) {
	for name, meanwhile := range map[string]func(*api, *Limiter){
		"nobody calls": func(*api, *Limiter) { pass(5 * time.Hour) },
		"one calls a minute": func(a *api, l *Limiter) {
			for range 300 {
				pass(time.Minute)
				turn, _ := l.Wait(context.Background())
				turn.Done(Passed)
				a.bucket.Allow()
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a, l := newAPI(10, 10), New(1)
				c := gather(a, 5, l)
				pass(10 * time.Minute)
				c.disperse()
				before := l.Rate()
				meanwhile(a, l)
				if after := l.Rate(); after != before {
					t.Errorf("%.2f a second before, %.2f after", before, after)
				}
				c = gather(a, 5, l)
				defer c.disperse()
				checkAtLimit(t, "in the first minute", a, time.Minute)
			})
		})
	}
}

// TestBurstsAreLearned has many calls come at once, with long breaks between, against a bucket that holds little.
func TestBurstsAreLearned(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, l := newAPI(20, 4), New(1)
		crowds := func(n int) {
			for range n {
				c := gather(a, 10, l)
				pass(time.Second)
				c.disperse()
				pass(time.Minute)
			}
		}
		crowds(100)
		a.reset()
		crowds(200)
		if got := a.counted(200 * time.Second); got.throttled >= 0.01 || got.used < 0.7 {
			t.Errorf("of the seconds in which there were calls: %s", got)
		}
	})
}

// TestLeavesAShare has a part of the limit left to the account's owners. With several workers less is left, since a worker
// that looks for the limit does not know how much of it the others leave.
func TestLeavesAShare(t *testing.T) {
	for _, test := range []struct {
		workers   int
		share     float64
		from, to  float64
		throttled float64
	}{
		{1, 0.8, 0.75, 0.87, 0.01}, {1, 0.5, 0.45, 0.6, 0.01}, {3, 0.5, 0.5, 0.85, 0.01},
	} {
		t.Run(fmt.Sprintf("%d workers, %v", test.workers, test.share), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a := newAPI(10, 10)
				c := begin(a, test.workers, test.share)
				defer c.disperse()
				pass(time.Hour)
				got := watch(a, 4*time.Hour)
				t.Log(got)
				if got.used < test.from || got.used > test.to || got.throttled >= test.throttled {
					t.Error(got)
				}
			})
		})
	}
}

// TestFirstComeFirstServed has callers line up one after the other.
func TestFirstComeFirstServed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := New(1)
		served := make(chan int, 50)
		for i := range 50 {
			go func() {
				if _, err := l.Wait(t.Context()); err == nil {
					served <- i
				}
			}()
			synctest.Wait()
		}
		for want := range 50 {
			if got := <-served; got != want {
				t.Fatalf("number %d is served as number %d", got, want)
			}
		}
	})
}

// TestVisitorsComeAgain has more visitors than turns: they give their places back, come again when there is a turn for
// them, and lose nothing that they have called already.
func TestVisitorsComeAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const visitors, calls = 200, 3
		a, l := newAPI(2, 2), New(1)
		done, putOff := make(chan int, visitors), 0
		for range visitors {
			go func() {
				for again := 0; ; again++ {
					busy, err := visitOnce(l, a, calls)
					if err == nil {
						done <- again
						return
					}
					pass(busy.After)
				}
			}()
		}
		for range visitors {
			putOff += <-done
		}
		t.Logf("%d visits were put off, of %d", putOff, visitors)
		if l.line != 0 {
			t.Errorf("%d are still in the line", l.line)
		}
		if putOff == 0 {
			t.Error("all of them waited in the line")
		}
		if putOff > 10*visitors {
			t.Errorf("they were put off %d times", putOff)
		}
	})
}

// visitOnce makes a visit of some calls.
func visitOnce(l *Limiter, a *api, calls int) (*Busy, error) {
	ctx, dice := Begin(context.Background()), rand.New(rand.NewPCG(1, 1)) //nolint:gosec // repeatable on purpose
	for made := 0; made < calls; {
		turn, err := l.Wait(ctx)
		if busy := new(Busy); errors.As(err, &busy) {
			return busy, err
		}
		outcome := a.call(dice)
		turn.Done(outcome)
		if outcome == Passed {
			made++
		}
	}
	return nil, nil //nolint:nilnil // it was not put off
}
