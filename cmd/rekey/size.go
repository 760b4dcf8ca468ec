package main

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"rekey/awssim/fleet"
)

// parseSize reads "canaries=200,accounts=10,seed=7".
func parseSize(text string) (fleet.GeneratorConfig, error) {
	config := fleet.GeneratorConfig{
		Accounts: 1, RegionsPerAccount: 1, Canaries: 10, CentralTarget: true,
		Mix: map[fleet.From]int{fleet.FromDefault: 2, fleet.FromSSES3: 1, fleet.FromGrant: 5, fleet.FromRolePolicy: 1, fleet.FromCentralKey: 1},
	}
	fields := map[string]*int{
		"canaries": &config.Canaries, "accounts": &config.Accounts, "regions": &config.RegionsPerAccount,
		"units": &config.Units, "depth": &config.UnitDepth, "visual": &config.VisualEvery, "shared": &config.SharedRoleEvery, "stopped": &config.StoppedEvery,
	}
	for part := range strings.SplitSeq(text, ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(part), "=")
		n, err := strconv.ParseUint(value, 10, 31)
		switch field := fields[name]; {
		case err != nil:
			return config, fmt.Errorf("%q is not a name and a number", part)
		case name == "seed":
			config.Seed = n
		case field == nil:
			return config, fmt.Errorf("there is no %q; known are seed, %s", name, strings.Join(slices.Sorted(maps.Keys(fields)), ", "))
		default:
			*field = int(n)
		}
	}
	return config, nil
}
