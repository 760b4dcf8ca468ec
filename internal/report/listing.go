package report

import (
	"context"
	"fmt"

	rekeyv1 "rekey/gen/rekey/v1"
)

// listing takes the canaries as the API lists them, by account, Region and name, and draws each cell when it is complete.
type listing struct {
	fleet *fleet
	lists *lists
	keys  *keys
	pace  pace
	cell  []*rekeyv1.Canary
}

// readAll reads every page.
func (l *listing) readAll(ctx context.Context, client Client, id string) error {
	request := &rekeyv1.ListCanariesRequest{MigrationId: id, PageSize: pageSize}
	for {
		page, err := client.ListCanaries(ctx, request)
		if err != nil {
			return fmt.Errorf("listing the canaries: %w", err)
		}
		for _, c := range page.GetCanaries() {
			if err := l.take(c); err != nil {
				return err
			}
		}
		if page.GetNextPageToken() == "" {
			return l.finishCell()
		}
		request.PageToken = page.GetNextPageToken()
	}
}

func (l *listing) take(c *rekeyv1.Canary) error {
	if len(l.cell) > 0 && cellOf(l.cell[0]) != cellOf(c) {
		if err := l.finishCell(); err != nil {
			return err
		}
	}
	l.cell = append(l.cell, c)
	l.fleet.add(c)
	l.pace.add(c)
	l.keys.count(c)
	return l.lists.note(c)
}

// finishCell draws the cell whose last canary was taken.
func (l *listing) finishCell() error {
	if len(l.cell) == 0 {
		return nil
	}
	view := l.newCellView(l.cell)
	l.cell = l.cell[:0]
	return l.lists.canaries.draw("cell", view)
}
