package waves_test

import (
	"testing"

	"pgregory.net/rapid"

	"rekey/workflows"
	"rekey/workflows/waves"
)

func TestAllowed(t *testing.T) {
	cases := map[string]struct {
		budget   *workflows.Budget
		canaries int
		want     int // -1 for any number
	}{
		"none":                     {nil, 100, -1},
		"count":                    {&workflows.Budget{Count: new(5)}, 100, 5},
		"zero":                     {&workflows.Budget{Count: new(0)}, 100, 0},
		"percent is rounded down":  {&workflows.Budget{Percent: new(10)}, 19, 1},
		"the smaller counts":       {&workflows.Budget{Count: new(5), Percent: new(10)}, 30, 3},
		"the other way about":      {&workflows.Budget{Count: new(2), Percent: new(10)}, 30, 2},
		"no more than there are":   {&workflows.Budget{Count: new(50)}, 7, 7},
		"of nothing":               {&workflows.Budget{Percent: new(50)}, 0, 0},
		"a budget without a bound": {&workflows.Budget{}, 7, -1},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			got := -1
			if n := waves.Allowed(c.budget, c.canaries); n != nil {
				got = *n
			}
			if got != c.want {
				t.Errorf("bears %d failures, want %d", got, c.want)
			}
		})
	}
}

func TestPermits(t *testing.T) {
	cases := map[string]struct {
		whole, wave workflows.BudgetState
		inFlight    int
		want        int
	}{
		"no bound":                   {want: waves.Unbounded},
		"a budget of 3 is 4 permits": {whole: workflows.BudgetState{Allowed: new(3)}, want: 4},
		"failures keep burning them": {whole: workflows.BudgetState{Allowed: new(3), Failed: 2}, want: 4},
		"the wave's budget does not know failures before it": {
			whole: workflows.BudgetState{Allowed: new(9), Failed: 4}, wave: workflows.BudgetState{Allowed: new(1), Failed: 1}, want: 5,
		},
		"in flight is beside what failed": {whole: workflows.BudgetState{Failed: 4}, inFlight: 10, want: 14},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			if got := waves.Permits(c.whole, c.wave, c.inFlight); got != c.want {
				t.Errorf("%d permits, want %d", got, c.want)
			}
		})
	}
}

// TestTheBudgetIsNeverOverdrawn plays a migration and its cells with messages that are late: at no time are more canaries in
// flight than what is left of the budget, plus one; and unless the budget is used up, every canary is begun.
func TestTheBudgetIsNeverOverdrawn(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := newPlay(t)
		for p.step(t) {
			if left := p.budget - p.failed(); p.inFlight() > left+1 {
				t.Fatalf("%d in flight, and %d failures of %d are left", p.inFlight(), left, p.budget)
			}
		}
		if p.failed() <= p.budget && p.waiting() > 0 {
			t.Fatalf("%d canaries were never begun though %d of %d failed", p.waiting(), p.failed(), p.budget)
		}
	})
}

// play is a migration with its cells: what each has, and what is on its way between them.
type play struct {
	budget  int
	cells   []*cell
	told    []tell   // by cell, what it was told last
	known   []report // by cell, what it reported last
	toCells [][]tell
	toMe    [][]report
}

type cell struct {
	waiting, inFlight, failed, permits int
	serial                             int
}

type tell struct{ serial, permits int }

type report struct{ serial, permits, inFlight, failed, waiting int }

func newPlay(t *rapid.T) *play {
	n := rapid.IntRange(1, 5).Draw(t, "cells")
	p := &play{
		budget: rapid.IntRange(0, 6).Draw(t, "budget"), told: make([]tell, n), known: make([]report, n),
		toCells: make([][]tell, n), toMe: make([][]report, n),
	}
	for i := range n {
		c := &cell{waiting: rapid.IntRange(0, 12).Draw(t, "canaries")}
		p.cells = append(p.cells, c)
		p.known[i].waiting = c.waiting
	}
	p.allot()
	return p
}

func (p *play) sum(of func(*cell) int) int {
	n := 0
	for _, c := range p.cells {
		n += of(c)
	}
	return n
}

func (p *play) inFlight() int { return p.sum(func(c *cell) int { return c.inFlight }) }
func (p *play) failed() int   { return p.sum(func(c *cell) int { return c.failed }) }
func (p *play) waiting() int  { return p.sum(func(c *cell) int { return c.waiting }) }

// allot is what the migration does when it has heard something.
func (p *play) allot() {
	var accounts []waves.Account
	failed := 0
	for i, r := range p.known {
		failed += r.failed
		accounts = append(accounts, waves.Account{
			Told: p.told[i].permits, Follows: r.serial >= p.told[i].serial,
			Has: r.permits, Failed: r.failed, InFlight: r.inFlight, Wants: min(r.waiting+r.inFlight, 4),
		})
	}
	permits := waves.Permits(workflows.BudgetState{Allowed: &p.budget, Failed: failed}, workflows.BudgetState{}, 0)
	for i, n := range waves.Allot(permits, accounts) {
		if n != p.told[i].permits {
			p.told[i] = tell{p.told[i].serial + 1, n}
			p.toCells[i] = append(p.toCells[i], p.told[i])
		}
	}
}

// say has a cell report, as it does whenever something changed; permits that it can't use are given back.
func (p *play) say(i int) {
	c := p.cells[i]
	if c.waiting == 0 {
		c.permits = min(c.permits, c.failed+c.inFlight)
	}
	p.toMe[i] = append(p.toMe[i], report{c.serial, c.permits, c.inFlight, c.failed, c.waiting})
}

// step lets one of the things happen that may happen now; false when there is none.
func (p *play) step(t *rapid.T) bool {
	var moves []func()
	for i, c := range p.cells {
		if len(p.toCells[i]) > 0 {
			moves = append(moves, func() {
				d := p.toCells[i][0]
				p.toCells[i] = p.toCells[i][1:]
				c.serial, c.permits = d.serial, d.permits
				p.say(i)
			})
		}
		if len(p.toMe[i]) > 0 {
			moves = append(moves, func() {
				p.known[i] = p.toMe[i][len(p.toMe[i])-1] // the last one counts
				p.toMe[i] = nil
				p.allot()
			})
		}
		if c.waiting > 0 && c.failed+c.inFlight < c.permits {
			moves = append(moves, func() { c.waiting--; c.inFlight++; p.say(i) })
		}
		if c.inFlight > 0 {
			moves = append(moves, func() { c.inFlight--; p.say(i) }, func() { c.inFlight--; c.failed++; p.say(i) })
		}
	}
	if len(moves) == 0 {
		return false
	}
	rapid.SampledFrom(moves).Draw(t, "move")()
	return true
}
