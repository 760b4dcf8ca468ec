// Package scenario is what a play of the kill matrix does, through rekey's API alone, to accounts of its own: three
// migrations with all kinds of access, waves, a roll back, and the close. Every play does the same.
package scenario

import (
	"bytes"
	_ "embed" // the fleet
	"fmt"
	"text/template"

	"rekey/awssim/fleet"
)

// The hub, from which the worker enters the accounts, and how it does.
const (
	Hub        = "100000000000"
	AccessKey  = "AKIAKILLHUB000000000"
	Secret     = "simulated-secret-of-the-hub" //nolint:gosec // it opens a simulated AWS alone
	ExternalID = "kill"
	Region     = "eu-west-1"
	MemberRole = fleet.MemberRole
)

// The ids of the keys, the same in every account and Region.
const (
	oldKey = "0000aaaa-0000-4000-8000-0000000000aa"
	newKey = "0000bbbb-0000-4000-8000-0000000000bb"
)

//go:embed fleet.yaml.tmpl
var fleetText string

var fleetTemplate = template.Must(template.New("fleet").Parse(fleetText))

// Fleet is the simulated AWS of some plays, by their numbers, that runs so many times faster than real time.
func Fleet(plays []int, scale float64, seed uint64) (*fleet.Fleet, error) {
	type play struct {
		Number             int
		Shop, Pay, Central string
	}
	list := make([]play, len(plays))
	for i, n := range plays {
		list[i] = play{n, account(shop, n), account(pay, n), account(central, n)}
	}
	var text bytes.Buffer
	err := fleetTemplate.Execute(&text, map[string]any{
		"Plays": list, "Scale": scale, "Seed": seed, "Hub": Hub, "AccessKey": AccessKey, "Secret": Secret,
		"ExternalID": ExternalID, "MemberRole": MemberRole, "OldKey": oldKey, "NewKey": newKey,
	})
	if err != nil {
		return nil, fmt.Errorf("fleet of the scenario: %w", err)
	}
	return fleet.Parse(text.Bytes())
}
