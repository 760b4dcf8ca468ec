package limiter

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// crowded is a limiter that has met its limit, with so many in its line, whose turns are a tenth of a second apart.
func crowded(t *testing.T, n int) *Limiter {
	t.Helper()
	l := New(1)
	l.pace.ceiling, l.pace.floor = firstRate, firstRate
	for l.bucket.Allow() {
	}
	for range n {
		go func() { _, _ = l.Wait(t.Context()) }()
	}
	synctest.Wait()
	return l
}

func TestPatience(t *testing.T) {
	deadline := func(d time.Duration) func(context.Context) context.Context {
		return func(ctx context.Context) context.Context {
			ctx, cancel := context.WithTimeout(ctx, d)
			t.Cleanup(cancel)
			return ctx
		}
	}
	called := func(ctx context.Context) context.Context {
		visitOf(ctx).count()
		return ctx
	}
	as := func(ctx context.Context) context.Context { return ctx }
	for name, test := range map[string]struct {
		line  int
		who   func(context.Context) context.Context
		comes bool
	}{
		"a short line":                        {20, as, true},
		"a long one":                          {40, as, false},
		"who has called already waits longer": {40, called, true},
		"but not for ever":                    {220, called, false},
		"a deadline comes before":             {20, deadline(time.Second), false},
		"a deadline later":                    {20, deadline(time.Minute), true},
		"whose turn is next waits":            {0, deadline(time.Millisecond), true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := crowded(t, test.line)
				err := l.join(test.who(Begin(t.Context())))
				busy := new(Busy)
				if errors.As(err, &busy) == test.comes {
					t.Errorf("got %v", err)
				}
				if err := l.join(t.Context()); err != nil {
					t.Errorf("one who occupies no place: %v", err)
				}
			})
		})
	}
}

// TestNobodyIsPutOffByAGuess has many come at once before any limit was met: what is known is a guess, which grows with each call.
func TestNobodyIsPutOffByAGuess(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, begun := New(1), time.Now()
		var all sync.WaitGroup
		for range 150 {
			all.Go(func() {
				turn, err := l.Wait(Begin(t.Context()))
				if err != nil {
					t.Errorf("got %v", err)
					return
				}
				turn.Done(Passed)
			})
		}
		all.Wait()
		if took := time.Since(begun); took > firstPatience {
			t.Errorf("they took %s", took)
		}
	})
}

// TestPlacesAreTakenBeforeTheLook has many come who look before they call: those beyond twenty seconds of the line are put off
// before they have looked, and each of the others has a turn within that time.
func TestPlacesAreTakenBeforeTheLook(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const look = 500 * time.Millisecond
		l := crowded(t, 0)
		var all sync.WaitGroup
		var called, left atomic.Int64
		for i := range 300 {
			all.Go(func() {
				ctx, leave, err := l.Enter(Begin(t.Context()))
				if err != nil {
					return
				}
				defer leave()
				pass(look)
				if i%5 == 0 {
					left.Add(1)
					return
				}
				begun := time.Now()
				if _, err := l.Wait(ctx); err != nil || time.Since(begun) > laterPatience {
					t.Errorf("a turn %s after the look: %v", time.Since(begun), err)
				}
				called.Add(1)
			})
		}
		all.Wait()
		if n := called.Load() + left.Load(); n < 200 || n > 210 { // those of twenty seconds, and what the bucket held
			t.Errorf("%d had places", n)
		}
		if l.line != 0 {
			t.Errorf("%d are in the line when all have gone", l.line)
		}
	})
}

// TestPutOffOneAfterTheOther has those who come to a long line come again at different times.
func TestPutOffOneAfterTheOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := crowded(t, 40)
		var last time.Duration
		for range 20 {
			busy := new(Busy)
			if err := l.join(Begin(t.Context())); !errors.As(err, &busy) || busy.After <= last {
				t.Fatalf("got %v after one of %s", err, last)
			}
			last = busy.After
		}
		if last > longestBreak {
			t.Errorf("%s is long", last)
		}
	})
}

// TestSlowLinesAreLeft has the rate fall while visitors wait: they would hold places for minutes that were to be seconds. One
// comes after the other even so, and who occupies no place stays.
func TestSlowLinesAreLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, begun := crowded(t, 3), time.Now()
		left := make(chan time.Duration, 20)
		for range cap(left) {
			go func() {
				_, err := l.Wait(Begin(t.Context()))
				busy := new(Busy)
				if !errors.As(err, &busy) {
					t.Errorf("got %v", err)
				}
				left <- busy.After
			}()
		}
		synctest.Wait()
		l.mu.Lock()
		l.pace.rate = leastRate
		l.adjust(time.Now())
		l.mu.Unlock()
		for range cap(left) {
			if after := <-left; after > longestBreak {
				t.Errorf("they are to come again after %s", after)
			}
		}
		if waited := time.Since(begun); waited > slack*firstPatience {
			t.Errorf("they left after %s", waited)
		}
		if l.line != 3 {
			t.Errorf("%d are in the line, want the 3 who occupy no place", l.line)
		}
	})
}

// TestTurnsArePromisedToThoseWhoComeForThem has more visitors than the longest break has turns. However many are put off, and
// how often, turns are not left unused while they wait.
func TestTurnsArePromisedToThoseWhoComeForThem(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const perSecond, visitors = 2, 1000
		a, l, begun := newAPI(perSecond, 2), New(1), time.Now()
		var all sync.WaitGroup
		for range visitors {
			all.Go(func() {
				for busy, err := visitOnce(l, a, 1); err != nil; busy, err = visitOnce(l, a, 1) {
					pass(busy.After)
				}
			})
		}
		all.Wait()
		if took, least := time.Since(begun), seconds(visitors/perSecond); took > least+least/2 {
			t.Errorf("it took %s, where %s would do", took, least)
		}
	})
}

// TestEndedContextsLeaveTheLine has callers give up, wherever they stand.
func TestEndedContextsLeaveTheLine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		l := crowded(t, 0)
		failed := make(chan error)
		for range 10 {
			go func() {
				_, err := l.Wait(ctx)
				failed <- err
			}()
		}
		synctest.Wait()
		cancel()
		for range 10 {
			if err := <-failed; !errors.Is(err, context.Canceled) {
				t.Errorf("got %v", err)
			}
		}
		if _, err := l.Wait(t.Context()); err != nil || l.line != 0 {
			t.Errorf("%v, and %d are still in the line", err, l.line)
		}
	})
}
