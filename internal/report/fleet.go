package report

import (
	"maps"
	"slices"
	"strings"

	rekeyv1 "rekey/gen/rekey/v1"
)

// cell is an account in a Region.
type cell struct{ Account, Region string }

func cellOf(c *rekeyv1.Canary) cell { return cell{c.GetAccountId(), c.GetRegion()} }

// Anchor is what a link to the cell's canaries names.
func (c cell) Anchor() string { return "cell-" + c.Account + "-" + c.Region }

// fleet counts the canaries of each cell by outcome.
type fleet struct {
	all   counts
	cells map[cell]*counts
}

func newFleet() *fleet { return &fleet{cells: map[cell]*counts{}} }

func (f *fleet) add(c *rekeyv1.Canary) {
	o := outcomeOf(c)
	f.all[o]++
	f.at(cellOf(c))[o]++
}

// unreachable marks the cells that could not be planned. They have no canaries, and are not counted among them.
func (f *fleet) unreachable(problems []*rekeyv1.Problem) {
	for _, p := range problems {
		at := cell{p.GetMetadata()["account_id"], p.GetMetadata()["region"]}
		if at.Account != "" && at.Region != "" {
			f.at(at)[unreachable] = 1
		}
	}
}

func (f *fleet) at(c cell) *counts {
	if f.cells[c] == nil {
		f.cells[c] = &counts{}
	}
	return f.cells[c]
}

// grid is the fleet as a table: a row for each account, a column for each Region, both in their order.
type grid struct {
	Regions []string
	Rows    []gridRow
}

// IsWide reports whether there are so many Regions that their names stand upright.
func (g *grid) IsWide() bool { return len(g.Regions) > 8 }

type gridRow struct {
	Account string
	Tiles   []tile
}

// tile is a cell of the grid. Without canaries it is empty.
type tile struct {
	cell
	Worst  outcome
	Count  int // how many canaries have the worst outcome
	Total  int
	Shares []share
}

// IsEmpty reports whether the migration has no canary there.
func (t tile) IsEmpty() bool { return t.Total == 0 }

// IsLinked reports whether there is a list of canaries to go to.
func (t tile) IsLinked() bool { return t.Worst != unreachable }

// Told is the tile in words, for those who don't see it.
func (t tile) Told() string {
	if !t.IsLinked() {
		return t.Account + " " + t.Region + ": " + t.Worst.Word()
	}
	var parts []string
	for _, s := range t.Shares {
		parts = append(parts, number(s.Count)+" "+s.Outcome.Word())
	}
	return t.Account + " " + t.Region + ": " + strings.Join(parts, ", ")
}

func (f *fleet) grid() *grid {
	accounts, regions := map[string]bool{}, map[string]bool{}
	for c := range f.cells {
		accounts[c.Account], regions[c.Region] = true, true
	}
	g := &grid{Regions: slices.Sorted(maps.Keys(regions))}
	for _, account := range slices.Sorted(maps.Keys(accounts)) {
		row := gridRow{Account: account}
		for _, region := range g.Regions {
			row.Tiles = append(row.Tiles, f.tile(cell{account, region}))
		}
		g.Rows = append(g.Rows, row)
	}
	return g
}

func (f *fleet) tile(at cell) tile {
	n, found := f.cells[at]
	if !found {
		return tile{cell: at}
	}
	worst, _ := n.worst()
	return tile{cell: at, Worst: worst, Count: n[worst], Total: n.total(), Shares: n.shares()}
}
