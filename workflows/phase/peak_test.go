package phase

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"rekey/workflows/schedule"
)

// runner runs by a schedule, of which a run began so long after noon.
func runner(t *testing.T, expression string, after, took time.Duration) Runner {
	t.Helper()
	parsed, err := schedule.Parse(expression)
	if err != nil {
		t.Fatal(err)
	}
	return Runner{Schedule: parsed, From: noon.Add(after), Took: took, Runs: 1}
}

func TestMeasure(t *testing.T) {
	twice := func(r Runner) Runner { r.Runs = 2; return r }
	for name, test := range map[string]struct {
		reason  string
		runners []Runner
		want    int
	}{
		"none":             {"nothing runs", nil, 0},
		"one":              {"its runs follow each other", []Runner{runner(t, "rate(5 minutes)", 0, time.Minute)}, 1},
		"as long as it":    {"one ends when the next begins", []Runner{runner(t, "rate(1 minute)", 0, time.Minute)}, 1},
		"longer than it":   {"a run goes on beside the next", []Runner{runner(t, "rate(1 minute)", 0, 90*time.Second)}, 2},
		"apart":            {"they never meet", []Runner{runner(t, "rate(5 minutes)", 0, time.Minute), runner(t, "rate(5 minutes)", time.Minute, time.Minute)}, 1},
		"together":         {"they always meet", []Runner{runner(t, "rate(5 minutes)", 0, time.Minute), runner(t, "rate(5 minutes)", 59*time.Second, time.Minute)}, 2},
		"two browsers":     {"each is a run", []Runner{twice(runner(t, "rate(5 minutes)", 0, time.Minute))}, 2},
		"over the hour":    {"a run of before goes on", []Runner{runner(t, "rate(1 hour)", -time.Minute, 5*time.Minute), runner(t, "rate(1 hour)", 0, time.Minute)}, 2},
		"rarely together":  {"7 and 11 minutes meet after 77", []Runner{runner(t, "rate(7 minutes)", 7*time.Minute, time.Second), runner(t, "rate(11 minutes)", 44*time.Minute, time.Second)}, 2},
		"never together":   {"6 and 10 minutes whose phases differ by one", []Runner{runner(t, "rate(6 minutes)", 0, time.Second), runner(t, "rate(10 minutes)", time.Minute, time.Second)}, 1},
		"cron":             {"a firing meets a rate once a day", []Runner{runner(t, "cron(30 4 * * ? *)", 0, time.Minute), runner(t, "rate(1 hour)", 30*time.Minute, time.Minute)}, 2},
		"cron has no From": {"its firings do not follow it", []Runner{runner(t, "cron(30 4 * * ? *)", 17*time.Minute, time.Minute), runner(t, "rate(1 hour)", 17*time.Minute, time.Minute)}, 1},
		"a past cron":      {"it never fires again", []Runner{runner(t, "cron(0 0 1 1 ? 2020)", 0, time.Minute)}, 0},
	} {
		if got := Measure(test.runners, noon.Add(13*time.Minute)).Most; got != test.want {
			t.Errorf("%s, %s: %d at once, want %d", name, test.reason, got, test.want)
		}
	}
}

// TestMeasureIsExact compares the sweep with counting at every second of a day.
func TestMeasureIsExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var runners []Runner
		for range rapid.IntRange(1, 6).Draw(t, "runners") {
			minutes := rapid.SampledFrom([]int{1, 2, 5, 15, 20, 60}).Draw(t, "rate")
			parsed, err := schedule.Parse(fmt.Sprintf("rate(%d minutes)", minutes))
			if err != nil {
				t.Fatal(err)
			}
			runners = append(runners, Runner{
				Schedule: parsed, Runs: rapid.IntRange(1, 2).Draw(t, "browsers"),
				From: noon.Add(time.Duration(rapid.IntRange(0, 86_400).Draw(t, "from")) * time.Second),
				Took: time.Duration(rapid.IntRange(1, 90).Draw(t, "took")) * time.Second,
			})
		}
		most, hour := 0, Hour{}
		for second := range 3_600 {
			going := 0
			for _, r := range runners {
				since := (noon.Add(time.Duration(second)*time.Second).Sub(r.From)%r.Schedule.Every() + r.Schedule.Every()) % r.Schedule.Every()
				for ; since < r.Took; since += r.Schedule.Every() {
					going += r.Runs
				}
			}
			most, hour[second/60] = max(most, going), max(hour[second/60], going)
		}
		if got := Measure(runners, noon); got.Most != most || got.Hour != hour {
			t.Fatalf("measured %d, counted %d\n%v\n%v", got.Most, most, got.Hour, hour)
		}
	})
}

// TestPlusIsNeverTooLittle holds the bound of two loads against that of both together, and against that of either.
func TestPlusIsNeverTooLittle(t *testing.T) {
	draw := func(t *rapid.T, label string) []Runner {
		var list []Runner
		for range rapid.IntRange(0, 5).Draw(t, label) {
			list = append(list, Runner{
				Schedule: must(schedule.Parse("rate(5 minutes)")), Runs: 1,
				From: noon.Add(time.Duration(rapid.IntRange(0, 299).Draw(t, "from")) * time.Second),
				Took: time.Duration(rapid.IntRange(1, 60).Draw(t, "took")) * time.Second,
			})
		}
		return list
	}
	rapid.Check(t, func(t *rapid.T) {
		one, two := draw(t, "one"), draw(t, "two")
		a, b := Measure(one, noon), Measure(two, noon)
		sum, both := a.Plus(b).Most, Measure(append(one, two...), noon).Most
		if sum < both || sum > a.Most+b.Most {
			t.Fatalf("%d and %d are at most %d, and %d together", a.Most, b.Most, sum, both)
		}
	})
}

func must(s schedule.Schedule, err error) schedule.Schedule {
	if err != nil {
		panic(err)
	}
	return s
}
