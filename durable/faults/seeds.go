package main

import (
	"fmt"
	"strconv"
	"strings"
)

// maxSeeds bounds what a range may come to.
const maxSeeds = 100_000

// parseSeeds reads how many campaigns are wanted (a number alone), or which ones: numbers and ranges with commas between
// them. One seed by itself is written as a list, "17," or "17-17".
func parseSeeds(text string) ([]uint64, error) {
	if n, err := strconv.ParseUint(text, 10, 64); err == nil {
		return span(1, n)
	}
	var list []uint64
	for part := range strings.SplitSeq(strings.TrimSuffix(text, ","), ",") {
		first, last, isRange := strings.Cut(part, "-")
		from, err := strconv.ParseUint(first, 10, 64)
		if err != nil {
			return nil, fmt.Errorf("%q is no seed", part)
		}
		to := from
		if isRange {
			if to, err = strconv.ParseUint(last, 10, 64); err != nil {
				return nil, fmt.Errorf("%q is no range of seeds", part)
			}
		}
		more, err := span(from, to)
		if err != nil {
			return nil, err
		}
		list = append(list, more...)
	}
	return list, nil
}

func span(from, to uint64) ([]uint64, error) {
	if to < from || to-from >= maxSeeds {
		return nil, fmt.Errorf("%d-%d is no range of 1 to %d seeds", from, to, maxSeeds)
	}
	list := make([]uint64, 0, to-from+1)
	for seed := from; seed <= to; seed++ {
		list = append(list, seed)
	}
	return list, nil
}
