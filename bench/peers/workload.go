package peers

import (
	"strings"
	"time"

	"rekey/awssim/fleet"
)

// Contender is who migrates a fleet.
type Contender string

// The contenders.
const (
	Goroutines Contender = "goroutines" // the plain program
	OneByOne   Contender = "one by one" // the same, as a shell loop would
	Rekey      Contender = "rekey"
)

// Workload is what is migrated, and in what a world.
type Workload struct {
	Canaries int    `json:"canaries"`
	Accounts int    `json:"accounts"`
	Regions  int    `json:"regions_per_account"`
	Seed     uint64 `json:"seed"`
	// VisualEvery and SharedRoleEvery are as in fleet.GeneratorConfig.
	VisualEvery     int `json:"visual_every,omitempty"`
	SharedRoleEvery int `json:"shared_role_every,omitempty"`
	// Window is how many canaries of a cell are migrated at a time.
	Window int `json:"window_per_cell"`
	// TimeScale is how many of AWS's seconds pass in a real one. Waits shrink by it, and limits do not: they are calls per
	// real second.
	TimeScale float64 `json:"time_scale"`
	// Limited says whether AWS throttles what exceeds the limits (see Limits).
	Limited bool `json:"limited"`
	// Updates is how many updates of canaries a limited cell takes per second.
	Updates float64 `json:"updates_per_second"`
}

// cells are how many accounts × Regions there are.
func (w Workload) cells() int { return w.Accounts * w.Regions }

// settle is how long contenders wait for a new grant, in AWS's time: just longer than it takes here to be effective, so that
// no contender waits for nothing.
const settle = propagation + time.Second

// propagation is how long a new grant takes to be effective in the simulated AWS (awssim.Settings, GrantPropagation).
const propagation = 30 * time.Second

// fleet generates the fleet, the same for the same workload: canaries under an old key by grants, and a target key of the hub
// account in each Region.
func (w Workload) fleet() *fleet.Fleet {
	return fleet.Generate(fleet.GeneratorConfig{
		Seed: w.Seed, Accounts: w.Accounts, RegionsPerAccount: w.Regions, Canaries: w.Canaries, Schedule: "rate(5 minutes)",
		VisualEvery: w.VisualEvery, SharedRoleEvery: w.SharedRoleEvery, CentralTarget: true, TimeScale: w.TimeScale,
	})
}

// Question is what contenders are compared in.
type Question struct {
	Name     string   `json:"name"`
	Workload Workload `json:"workload"`
	// Repeats is how often each contender answers, in turns.
	Repeats int `json:"repeats"`
	// OneByOne is how many canaries are migrated one by one, once; the time for the whole fleet follows from that. None when
	// 0.
	OneByOne int `json:"one_by_one"`
}

// Preset is what a run of the benchmark asks.
type Preset struct {
	Questions []Question
	// Kill is the workload in the middle of which contenders are killed.
	Kill Workload
}

// The time scales, with their reasons.
const (
	// asOnAWS is for whatever limits have to do with, since they are calls per real second: with shorter waits the plain
	// program would poll more often per real second than on AWS, and rekey would give a look at a cell's runs less of it.
	asOnAWS = 1
	// vanished makes waits so short that computing is what is left.
	vanished = 60
)

// preset is the whole of it, or a small version that takes less than a minute.
func preset(small bool, seed uint64) Preset {
	base := Workload{Canaries: 400, Accounts: 2, Regions: 2, Seed: seed, SharedRoleEvery: 4, Window: 100, TimeScale: asOnAWS, Updates: updatesPerSecond}
	limited, unlimited, computing, kill := base, base, base, base
	limited.Limited = true
	larger := limited
	larger.Canaries, larger.Window = 1000, 150
	computing.TimeScale = vanished
	kill.TimeScale, kill.Canaries, kill.Window, kill.VisualEvery = vanished, 80, 4, 8
	repeats, serial := 3, 2
	if small {
		limited.Canaries, limited.Accounts, limited.TimeScale = 12, 1, vanished
		kill.Canaries, kill.Accounts = 12, 1
		return Preset{Questions: []Question{{"with limits", limited, 1, 1}}, Kill: kill}
	}
	return Preset{
		Questions: []Question{
			{"with limits", limited, repeats, serial},
			{"with limits, a larger fleet", larger, 1, 0},
			{"without limits", unlimited, repeats, serial},
			{"without limits or waits", computing, repeats, 20 * serial},
		},
		Kill: kill,
	}
}

// slug is a name in the names of files.
func slug(name string) string { return strings.ReplaceAll(name, " ", "-") }
