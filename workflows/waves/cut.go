// Package waves cuts a plan into waves, keeps failure budgets, and judges waves. It is pure: it knows counts, not canaries.
package waves

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"rekey/workflows"
)

// Count is what a cell has to be cut: its canaries to migrate by their class (see workflows.CellReport).
type Count struct {
	Cell    workflows.Cell
	OUs     []string // above its account
	Classes map[string]int
}

// Cut is a plan in waves. Shares are, by wave and then by the place of the cell in the counts, what the wave takes of the
// cell; nil for nothing.
type Cut struct {
	Waves  []workflows.Wave
	Shares [][]workflows.Share
}

// Plan cuts what the cells have into the waves of a rollout; what none of them takes is one more. A wave that takes nothing is
// there all the same, so that its number is that of its spec. Without specs there is one wave.
func Plan(rollout workflows.Rollout, counts []Count) Cut {
	p := &plan{left: buckets(counts), counts: counts}
	p.total = p.left.sum()
	for i, spec := range rollout.Waves {
		p.add(title(spec), spec, p.take(i, spec))
	}
	if rest := p.left; rest.sum() > 0 || len(rollout.Waves) == 0 {
		p.add(titleOfRest(rollout), workflows.WaveSpec{}, rest)
	}
	return p.cut
}

// plan is a cut in the making: left is what no wave has taken.
type plan struct {
	cut    Cut
	counts []Count
	left   bucketList
	total  int
}

// bucket is a class of canaries in a cell: cell is its place in the counts.
type bucket struct {
	cell  int
	class string
	n     int
}

type bucketList []bucket

// buckets are what the cells have, in their order and by class.
func buckets(counts []Count) bucketList {
	var list bucketList
	for i, c := range counts {
		//workflowcheck:ignore sorted
		for _, class := range slices.Sorted(maps.Keys(c.Classes)) {
			if n := c.Classes[class]; n > 0 {
				list = append(list, bucket{cell: i, class: class, n: n})
			}
		}
	}
	return list
}

func (l bucketList) sum() int {
	n := 0
	for _, b := range l {
		n += b.n
	}
	return n
}

// add records a wave that takes something, and leaves the rest to the next.
func (p *plan) add(title string, spec workflows.WaveSpec, taken bucketList) {
	shares := make([]workflows.Share, len(p.counts))
	cells := map[int]bool{}
	for _, b := range taken {
		if b.n == 0 {
			continue
		}
		if shares[b.cell] == nil {
			shares[b.cell] = workflows.Share{}
		}
		shares[b.cell][b.class] += b.n
		cells[b.cell] = true
	}
	p.cut.Waves = append(p.cut.Waves, workflows.Wave{
		Number: len(p.cut.Waves), Title: title, State: workflows.WavePending,
		Canaries: taken.sum(), Cells: len(cells), Spec: spec,
	})
	p.cut.Shares = append(p.cut.Shares, shares)
	p.left = p.left.without(taken)
}

// without is the list less what was taken of it.
func (l bucketList) without(taken bucketList) bucketList {
	type place struct {
		cell  int
		class string
	}
	gone := map[place]int{}
	for _, b := range taken {
		gone[place{b.cell, b.class}] += b.n
	}
	var rest bucketList
	for _, b := range l {
		if b.n -= gone[place{b.cell, b.class}]; b.n > 0 {
			rest = append(rest, b)
		}
	}
	return rest
}

// take is what a wave takes of what is left.
func (p *plan) take(number int, spec workflows.WaveSpec) bucketList {
	switch {
	case spec.Coverage:
		return p.left.coverage()
	case spec.Percent > 0:
		return p.left.spread((p.total*spec.Percent + 99) / 100)
	case spec.Count > 0:
		return p.left.spread(spec.Count)
	case spec.List != nil:
		return p.listed(number, *spec.List)
	}
	return nil
}

// coverage is one canary of each kind, of the first cell that has one.
func (l bucketList) coverage() bucketList {
	seen := map[string]bool{}
	var taken bucketList
	for _, b := range l {
		kind, _, _ := strings.Cut(b.class, "|")
		if !seen[kind] {
			seen[kind] = true
			taken = append(taken, bucket{cell: b.cell, class: b.class, n: 1})
		}
	}
	return taken
}

// spread takes n canaries, of every bucket in proportion to its size, by the largest remainder: so a wave looks like the
// fleet.
func (l bucketList) spread(n int) bucketList {
	all := l.sum()
	if n >= all {
		return l
	}
	taken := slices.Clone(l)
	given := 0
	for i := range taken {
		taken[i].n = l[i].n * n / all
		given += taken[i].n
	}
	order := make([]int, len(l))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(l[b].n*n%all, l[a].n*n%all) })
	for _, i := range order[:n-given] {
		taken[i].n++
	}
	return taken
}

// listed is all that a list names: whole cells by account or organizational unit, and classes whose names it admits.
func (p *plan) listed(number int, list workflows.WaveList) bucketList {
	var taken bucketList
	for _, b := range p.left {
		c := p.counts[b.cell]
		whole := slices.Contains(list.Accounts, c.Cell.Account) ||
			slices.ContainsFunc(list.OUs, func(ou string) bool { return slices.Contains(c.OUs, ou) })
		_, named, _ := strings.Cut(b.class, "|")
		if whole || slices.Contains(strings.Split(named, ","), strconv.Itoa(number)) {
			taken = append(taken, b)
		}
	}
	return taken
}

func title(spec workflows.WaveSpec) string {
	switch {
	case spec.Coverage:
		return "one of each kind"
	case spec.Percent == 100:
		return "the rest"
	case spec.Percent > 0:
		return fmt.Sprintf("%d %%", spec.Percent)
	case spec.Count == 1:
		return "1 canary"
	case spec.Count > 0:
		return fmt.Sprintf("%d canaries", spec.Count)
	}
	return "listed"
}

func titleOfRest(rollout workflows.Rollout) string {
	if len(rollout.Waves) == 0 {
		return "everything"
	}
	return "the rest"
}
