package migration

import (
	"slices"
	"time"

	"rekey/workflows"
	"rekey/workflows/guard"
	"rekey/workflows/waves"
)

// selectedCells are the cells of a selection that was resolved. An account whose Regions are not known has a cell that says
// so.
func selectedCells(selected []workflows.SelectedAccount) *cells {
	var order []workflows.Cell
	for _, account := range selected {
		order = append(order, account.Cells()...)
	}
	c := newCells(order)
	c.selected = selected
	for _, account := range selected {
		for _, cell := range account.Cells() {
			if account.Problem != nil {
				r := c.report[cell]
				r.Phase, r.Problem = workflows.CellResting, account.Problem
				c.closed[cell] = true
			}
		}
	}
	return c
}

// accounts are those that the cells are in, each once.
func (c *cells) accounts() []string {
	var list []string
	for _, cell := range c.order {
		if n := len(list); n == 0 || list[n-1] != cell.Account {
			list = append(list, cell.Account)
		}
	}
	return list
}

// ous are what lies above an account.
func (c *cells) ous(account string) []string {
	i := slices.IndexFunc(c.selected, func(a workflows.SelectedAccount) bool { return a.Account == account })
	if i < 0 {
		return nil
	}
	return c.selected[i].OUs
}

// counts are what the waves are cut from.
func (c *cells) counts() []waves.Count {
	list := make([]waves.Count, len(c.order))
	for i, cell := range c.order {
		r := c.report[cell]
		list[i] = waves.Count{Cell: cell, OUs: c.ous(cell.Account), Classes: r.Classes}
		if len(r.Classes) == 0 && r.Plan.ToMigrate > 0 { // there is one wave
			list[i].Classes = map[string]int{"": r.Plan.ToMigrate}
		}
	}
	return list
}

// cut reports whether every cell knows its share of each wave.
func (c *cells) cut() bool {
	return c.count(func(r *workflows.CellReport) bool { return len(r.Classes) > 0 }) == 0
}

// wave sums up how far the cells are with a wave.
func (c *cells) wave(number int) workflows.CellWave {
	var sum workflows.CellWave
	for _, r := range c.inOrder {
		if number >= len(r.Waves) {
			continue
		}
		w := r.Waves[number]
		sum.Canaries += w.Canaries
		sum.Rested += w.Rested
		sum.Failed += w.Failed
		sum.Excused += w.Excused
		sum.Unclear += w.Unclear
		sum.Watched += w.Watched
		sum.Migrated.Canaries += w.Migrated.Canaries
		sum.Migrated.Failed += w.Migrated.Failed
		sum.Control.Canaries += w.Control.Canaries
		sum.Control.Failed += w.Control.Failed
	}
	return sum
}

// waveDone reports whether all cells are done with a wave, as far as they can be reached.
func (c *cells) waveDone(number int) bool {
	return c.count(func(r *workflows.CellReport) bool {
		return r.Share(number) > 0 && r.Problem == nil && !r.Waves[number].Done
	}) == 0
}

// baked reports whether all cells have carried out the bake of a wave.
func (c *cells) baked(number int) bool {
	return c.count(func(r *workflows.CellReport) bool {
		return r.Share(number) > 0 && r.Problem == nil && !r.Waves[number].Baked
	}) == 0
}

// evidence is what the judgement of a wave is drawn from.
func (c *cells) evidence(number int, whole, wave workflows.BudgetState) waves.Evidence {
	n := c.wave(number)
	e := waves.Evidence{
		Whole: whole, Wave: wave, Unclear: n.Unclear, Excused: n.Excused, Migrated: n.Migrated, Control: n.Control,
		Lost: c.lost(number),
	}
	if n.Watched > 0 { // else there is nothing to compare
		if verdict, why := guard.Harm(n.Migrated, n.Control); verdict != workflows.GoOn {
			e.Harm = why
		}
	}
	return e
}

// lost is how many canaries of a wave had not come to their end when their cells were lost.
func (c *cells) lost(number int) int {
	n := 0
	for _, r := range c.inOrder {
		if r.Problem != nil && r.Share(number) > 0 {
			n += r.Waves[number].Canaries - r.Waves[number].Rested
		}
	}
	return n
}

func (c *cells) inFlight() int {
	n := 0
	for _, r := range c.inOrder {
		n += r.InFlight
	}
	return n
}

// unfinished is how many canaries wait for their turn or are in their stories, in cells that are not gone.
func (c *cells) unfinished() int {
	n := 0
	for _, r := range c.inOrder {
		if r.Problem == nil {
			n += r.States[workflows.Pending] + r.States[workflows.Migrating]
		}
	}
	return n
}

// wanted is how many canaries the plans, with those of retries, had to migrate.
func (c *cells) wanted() int {
	n := 0
	for _, r := range c.inOrder {
		for _, w := range r.Waves {
			n += w.Canaries
		}
	}
	return n
}

// idle reports whether no cell that can be reached is at work.
func (c *cells) idle() bool {
	return c.count(func(r *workflows.CellReport) bool {
		return r.Problem == nil && r.Phase != workflows.CellResting && r.Phase != workflows.CellWaiting && r.Phase != workflows.CellPlanned
	}) == 0
}

// rollBackUntil is until when the first of the baselines can be put back; zero where there is none.
func (c *cells) rollBackUntil() time.Time {
	var first time.Time
	for _, r := range c.inOrder {
		if until := r.RollBackUntil; !until.IsZero() && (first.IsZero() || until.Before(first)) {
			first = until
		}
	}
	return first
}
