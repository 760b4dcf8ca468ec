package machine

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

// clockTick is the unit of CPU time in /proc (sysconf _SC_CLK_TCK, 100 on every Linux that Go runs on).
const clockTick = 10 * time.Millisecond

// Usage is what a process has used since its start.
type Usage struct {
	CPU time.Duration
	// Memory is the resident memory now, Peak the most that it ever was, in bytes.
	Memory, Peak int64
}

// UsageOf reads what a process has used from /proc. Where there is none, it is nothing.
func UsageOf(pid int) (Usage, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if os.IsNotExist(err) {
		return Usage{}, nil
	}
	if err != nil {
		return Usage{}, err
	}
	_, rest, _ := strings.Cut(string(text), ") ") // the name before may hold spaces
	fields := strings.Fields(rest)
	if len(fields) < 22 {
		return Usage{}, fmt.Errorf("process %d: unexpected /proc stat", pid)
	}
	var ticks [2]int64 // utime and stime are fields 14 and 15 of proc(5), counted from 1; the third one is the first here
	for i, field := range []int{14, 15} {
		if ticks[i], err = strconv.ParseInt(fields[field-3], 10, 64); err != nil {
			return Usage{}, fmt.Errorf("process %d: %w", pid, err)
		}
	}
	status := fmt.Sprintf("/proc/%d/status", pid)
	return Usage{
		CPU: time.Duration(ticks[0]+ticks[1]) * clockTick, Memory: kibibytes(status, "VmRSS"), Peak: kibibytes(status, "VmHWM"),
	}, nil
}

// LoadAverage is how many processes of the whole machine wanted to run in the last minute; 0 where that can't be told.
func LoadAverage() float64 {
	text, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return 0
	}
	first, _, _ := strings.Cut(string(text), " ")
	load, _ := strconv.ParseFloat(first, 64)
	return load
}

// kibibytes is a field "n kB" of a file of /proc, in bytes.
func kibibytes(file, name string) int64 {
	number, _, _ := strings.Cut(field(file, name), " ")
	n, err := strconv.ParseInt(number, 10, 64)
	if err != nil {
		return 0
	}
	return n << 10
}
