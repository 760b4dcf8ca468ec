package peers

import (
	"os"
	"strconv"
	"strings"
)

// loadAverage is the machine's load in the last minute; 0 where that can't be told.
func loadAverage() float64 {
	text, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return 0
	}
	first, _, _ := strings.Cut(string(text), " ")
	load, err := strconv.ParseFloat(first, 64)
	if err != nil {
		return 0
	}
	return load
}
