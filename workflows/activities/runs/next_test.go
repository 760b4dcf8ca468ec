package runs

import (
	"testing"
	"time"

	"rekey/workflows"
)

func TestNextLook(t *testing.T) {
	const every = 5 * time.Second
	likely := func(after ...time.Duration) []workflows.Waiting {
		list := make([]workflows.Waiting, len(after))
		for i, d := range after {
			list[i].Likely = since.Add(d)
		}
		return list
	}
	for name, test := range map[string]struct {
		waiting []workflows.Waiting
		dated   time.Time
		want    time.Duration
	}{
		"it ends about now":                  {likely(4 * time.Second), since, soon},
		"it should have":                     {likely(-4 * time.Second), since, soon},
		"not for a while":                    {likely(time.Minute), since, every},
		"it is long overdue":                 {likely(-time.Minute), since, every},
		"the last counts, which is far":      {likely(time.Second, time.Minute), since, every},
		"the last counts, which is near":     {likely(time.Second, -time.Minute), since, soon},
		"nothing tells of one":               {append(likely(time.Second), workflows.Waiting{}), since, every},
		"nothing tells what the time is now": {likely(time.Second), time.Time{}, every},
	} {
		t.Run(name, func(t *testing.T) {
			in := workflows.AwaitRunsInput{Waiting: test.waiting, Poll: workflows.Poll{Every: every}}
			if got := nextLook(in, test.dated); got != test.want {
				t.Errorf("got %s, want %s", got, test.want)
			}
		})
	}
}
