package peers

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

// clockTick is the unit of CPU time in /proc (sysconf _SC_CLK_TCK, 100 on every Linux that Go runs on).
const clockTick = 10 * time.Millisecond

// cpuOf is the CPU time that a process has used, from /proc; nothing where there is none.
func cpuOf(pid int) (time.Duration, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if os.IsNotExist(err) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	_, rest, _ := strings.Cut(string(text), ") ") // the name before may hold spaces
	var ticks int64
	for _, field := range []int{14, 15} { // utime and stime of proc(5), counted from 1; the rest begins with the third
		n, err := strconv.ParseInt(strings.Fields(rest)[field-3], 10, 64)
		if err != nil {
			return 0, fmt.Errorf("process %d: %w", pid, err)
		}
		ticks += n
	}
	return time.Duration(ticks) * clockTick, nil
}
