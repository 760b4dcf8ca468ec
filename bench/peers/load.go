package peers

import (
	"strconv"

	"rekey/bench/machine"
)

// loadAverage is the machine's load in the last minute; 0 where that can't be told.
func loadAverage() float64 {
	load, err := strconv.ParseFloat(machine.LoadAverage(), 64)
	if err != nil {
		return 0
	}
	return load
}
