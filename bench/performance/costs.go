package performance

import (
	"fmt"
	"strings"
	"time"

	"rekey/bench/designs"
)

// The goals of what Temporal costs, per canary that is not visual and has no dry run.
const (
	mostHistory = 25
	mostActions = 12
	timesFaster = 3
)

// costs are what designs cost of Temporal.
type costs struct{ *designs.Result }

func (c *costs) goals(section string) []goal {
	if c == nil {
		return nil
	}
	product := c.Rows[0].Median
	list := []goal{
		atMost(section, "history events per canary", mostHistory, product.Events),
		atMost(section, "billable actions per canary", mostActions, product.Actions),
	}
	for _, row := range c.Rows {
		if strings.HasPrefix(row.Design, "child") {
			list = append(list, atLeast(section, "times as many canaries a second as with a "+row.Design+" workflow per canary", timesFaster, row.Times))
		}
	}
	return list
}

// Made says how it was measured.
func (c *costs) Made() string {
	return made(c.When.Format(time.RFC3339), "go run ./bench designs", where(c.Machine), with(c.Versions),
		fmt.Sprintf("%s canaries, %d in a cell, medians of %d", grouped(c.Canaries), c.PerCell, len(c.Rows[0].Repeats)))
}

// Table has a row for each design.
func (c *costs) Table() string {
	t := newTable("design", "events", "actions", "server CPU, ms", "worker CPU, ms", "canaries/s", "product is … times as fast", "longest history, events")
	for _, row := range c.Rows {
		m := row.Median
		t.row(row.Design, figure(m.Events), figure(m.Actions), figure(m.ServerMs), figure(m.WorkerMs), figure(m.CanariesPerSecond),
			figure(row.Times), grouped(m.LongestEvents))
	}
	return t.String()
}

// Gives is what each design gives and gives up.
func (c *costs) Gives() string {
	t := newTable("design", "in a crash, and in the history")
	for _, row := range c.Rows {
		t.row(row.Design, row.Gives)
	}
	return t.String()
}

// Plot is the events and actions of each design.
func (c *costs) Plot() (*drawing, error) {
	var groups []bar
	for _, row := range c.Rows {
		groups = append(groups, bar{row.Design, []float64{row.Median.Events, row.Median.Actions}})
	}
	return bars("per canary", []string{"history events", "billable actions"}, groups)
}
