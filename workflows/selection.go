package workflows

// MaxCells is how many cells a selection may come to.
const MaxCells = 4_000

// Cells are the cells of a selected account, by Region: one without a Region where none is known.
func (a SelectedAccount) Cells() []Cell {
	if len(a.Regions) == 0 && a.Problem != nil {
		return []Cell{{Account: a.Account}}
	}
	cells := make([]Cell, 0, len(a.Regions))
	for _, region := range a.Regions {
		cells = append(cells, Cell{Account: a.Account, Region: region})
	}
	return cells
}

// Count is what the selection came to.
func (s Selection) Count() Selected {
	regions := map[string]bool{}
	count := Selected{Accounts: len(s.Accounts)}
	for _, account := range s.Accounts {
		count.Cells += len(account.Cells())
		for _, region := range account.Regions {
			regions[region] = true
		}
	}
	count.Regions = len(regions)
	return count
}
