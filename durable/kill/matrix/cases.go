package matrix

import (
	"cmp"
	"math/rand/v2"
	"path"
	"slices"

	"rekey/durable/kill/point"
)

// Case is a process that is killed at a point.
type Case struct {
	Victim string      `json:"victim"`
	Point  point.Point `json:"point"`
	// Stage is the stage of the scenario in which the point lies, from 0 on, and with which the play ends; order is where in
	// it.
	Stage int `json:"stage"`
	order int
}

// listed is a point of the list, with its place in the order in which an undisturbed play comes to them.
type listed struct {
	sighting
	order int
}

// list are the points that every undisturbed play came to in the same stage, in the order of the first play; sometimes is how
// many others there are, which depend on who comes first.
func list(plays []end) (points []listed, sometimes int) {
	count := map[sighting]int{}
	for _, play := range plays {
		for _, p := range distinct(play.seen) {
			count[p]++
		}
	}
	for i, p := range distinct(plays[0].seen) {
		if count[p] == len(plays) {
			points = append(points, listed{p, i})
		}
	}
	return points, len(count) - len(points)
}

// distinct are the points of each stage of a play, each where it was come to first.
func distinct(seen []sighting) []sighting {
	known := map[sighting]bool{}
	var firsts []sighting
	for _, p := range seen {
		if !known[p] {
			known[p] = true
			firsts = append(firsts, p)
		}
	}
	return firsts
}

// choose are the cases of a matrix: for each victim and stage, and each name of a point that the pattern selects, the first
// subject that comes to it, and others by the seed up to Config.Subjects; all of them where that is 0. Subjects that an earlier run
// played are taken before others: which one is the first differs from run to run. Where there are more than Config.Cases, the
// seed keeps as many of each victim and kind as of another.
func choose(points []listed, c Config) []Case {
	dice := rand.New(rand.NewPCG(c.Seed, 0)) //nolint:gosec // repeatable on purpose
	known := casesOf(c.Played)
	var cases []Case
	for _, victim := range c.Victims {
		for _, named := range byName(points, c.Points) {
			all := make([]Case, len(named))
			for i, p := range named {
				all[i] = Case{Victim: victim, Point: p.Point, Stage: p.stage, order: p.order}
			}
			cases = append(cases, pick(dice, all, known, c.Subjects)...)
		}
	}
	if c.Cases > 0 && len(cases) > c.Cases {
		cases = sample(dice, cases, c.Cases)
	}
	slices.SortStableFunc(cases, func(a, b Case) int {
		passes := slices.Index(c.Victims, a.Victim) - slices.Index(c.Victims, b.Victim)
		if c.Mixed {
			passes = 0
		}
		return cmp.Or(passes, a.Stage-b.Stage, a.order-b.order)
	})
	return cases
}

// without are the cases that have no result yet.
func without(cases []Case, played []Result) []Case {
	known := casesOf(played)
	return slices.DeleteFunc(cases, func(c Case) bool { return known[c.unordered()] })
}

// casesOf are the cases that have results, without their order.
func casesOf(played []Result) map[Case]bool {
	known := map[Case]bool{}
	for _, r := range played {
		known[r.unordered()] = true
	}
	return known
}

// unordered is the case as two runs have it in common.
func (c Case) unordered() Case {
	c.order = 0
	return c
}

// byName are the points that a pattern selects, together with those of the same name and stage, in order.
func byName(points []listed, pattern string) [][]listed {
	type group struct {
		stage int
		name  string
	}
	var order []group
	groups := map[group][]listed{}
	for _, p := range points {
		g := group{p.stage, p.Name()}
		if matched, err := path.Match(pattern, g.name); pattern != "" && (err != nil || !matched) {
			continue
		}
		if groups[g] == nil {
			order = append(order, g)
		}
		groups[g] = append(groups[g], p)
	}
	list := make([][]listed, len(order))
	for i, g := range order {
		list[i] = groups[g]
	}
	return list
}

// pick takes those of a list that are known; and where they are fewer than n, the first of the others, and some more.
func pick(dice *rand.Rand, from []Case, known map[Case]bool, n int) []Case {
	if n == 0 || n >= len(from) {
		return from
	}
	var picked, others []Case
	for _, c := range from {
		if known[c.unordered()] {
			picked = append(picked, c)
		} else {
			others = append(others, c)
		}
	}
	missing := n - len(picked)
	if missing <= 0 {
		return picked
	}
	picked = append(picked, others[0])
	for _, i := range dice.Perm(len(others) - 1)[:missing-1] {
		picked = append(picked, others[1+i])
	}
	return picked
}

// sample takes n cases, in turn from each victim and kind.
func sample(dice *rand.Rand, cases []Case, n int) []Case {
	type group struct {
		victim string
		kind   point.Kind
	}
	var order []group
	groups := map[group][]Case{}
	for _, i := range dice.Perm(len(cases)) {
		g := group{cases[i].Victim, cases[i].Point.Kind}
		if groups[g] == nil {
			order = append(order, g)
		}
		groups[g] = append(groups[g], cases[i])
	}
	rank, count := map[group]int{}, map[string]int{}
	for _, g := range order {
		rank[g] = count[g.victim]
		count[g.victim]++
	}
	slices.SortStableFunc(order, func(a, b group) int { return rank[a] - rank[b] }) // one of each victim, and again
	var taken []Case
	for i := 0; len(taken) < n; i = (i + 1) % len(order) {
		if g := order[i]; len(groups[g]) > 0 {
			taken, groups[g] = append(taken, groups[g][0]), groups[g][1:]
		}
	}
	return taken
}
