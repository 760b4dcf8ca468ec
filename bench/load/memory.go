package load

import (
	"rekey/bench/machine"
	"rekey/bench/record"
	"rekey/internal/stack"
)

// Memory is the server's resident memory, in MiB.
type Memory struct {
	Before float64 `json:"before_mb"`
	After  float64 `json:"after_mb"`
	Peak   float64 `json:"peak_mb"`
}

// serverMemory is the server's resident memory now, and the most that it ever was, in MiB; nothing where that can't be told.
func (b *bench) serverMemory() (now, peak float64) {
	used, err := machine.UsageOf(b.ground.Stack.PIDs()[stack.Server])
	if err != nil {
		return 0, 0
	}
	return record.Mebibytes(used.Memory), record.Mebibytes(used.Peak)
}
