package report

import (
	"time"

	"gonum.org/v1/plot"
)

// clockSteps are the distances between ticks of time that people can read.
var clockSteps = []time.Duration{
	time.Second, 5 * time.Second, 15 * time.Second, time.Minute, 2 * time.Minute, 5 * time.Minute, 15 * time.Minute, 30 * time.Minute,
	time.Hour, 3 * time.Hour, 6 * time.Hour, 12 * time.Hour, 24 * time.Hour, 7 * 24 * time.Hour,
}

// mostTicks is how many ticks of time have room beside each other.
const mostTicks = 8

// clockTicks are ticks at round times, in UTC. The first tells the date.
func clockTicks(first, last float64) []plot.Tick {
	step := int64(clockSteps[len(clockSteps)-1] / time.Second)
	for _, s := range clockSteps {
		if (last-first)/s.Seconds() <= mostTicks {
			step = int64(s / time.Second)
			break
		}
	}
	var ticks []plot.Tick
	date := ""
	for at := (int64(first) + step - 1) / step * step; float64(at) <= last && len(ticks) < 4*mostTicks; at += step {
		t := time.Unix(at, 0).UTC()
		label := t.Format("15:04:05")
		if step >= 60 {
			label = t.Format("15:04")
		}
		if today := t.Format("2 Jan"); today != date {
			date, label = today, today+" "+label
		}
		ticks = append(ticks, plot.Tick{Value: float64(at), Label: label})
	}
	return ticks
}

// countTicks are the default ticks, as whole numbers.
func countTicks(first, last float64) []plot.Tick {
	var ticks []plot.Tick
	for _, t := range (plot.DefaultTicks{}).Ticks(first, last) {
		if t.Value != float64(int(t.Value)) {
			continue
		}
		if !t.IsMinor() {
			t.Label = number(int(t.Value))
		}
		ticks = append(ticks, t)
	}
	return ticks
}
