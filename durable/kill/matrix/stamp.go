package matrix

import (
	"runtime"
	"runtime/debug"
	"time"

	"rekey/bench/machine"
)

// Versions are what was played with.
type Versions struct {
	Go string `json:"go"`
	// SDK is Temporal's; Revision is the commit of rekey that this program was built from, where the build says so.
	SDK      string `json:"temporal_sdk"`
	Revision string `json:"revision,omitempty"`
}

// Stamp says when, where and with what it was played.
func (r *Report) Stamp() {
	r.When = time.Now().UTC().Format(time.RFC3339)
	r.Machine = machine.This()
	r.Versions.Go = runtime.Version()
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return
	}
	for _, module := range info.Deps {
		if module.Path == "go.temporal.io/sdk" {
			r.Versions.SDK = module.Version
		}
	}
	for _, setting := range info.Settings {
		if setting.Key == "vcs.revision" {
			r.Versions.Revision = setting.Value
		}
	}
}
