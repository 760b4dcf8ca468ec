package conformance

import (
	"reflect"
	"strings"
	"testing"

	"rekey/awssim/fleet"
	simulation "rekey/awssim/synthetics"
)

// question is what nothing about AWS answers, named after the switch that decides it in the simulation. The simulation
// is asked with the switch on and off; from AWS the answer is reported, and the switch has to follow it.
type question struct {
	// name is the switch's in a fleet's file.
	name string
	// turn sets the switch.
	turn func(f *fleet.Fleet, on bool)
}

// settings are those of the simulated Synthetics.
type settings = simulation.Settings

// switchOf is a switch of Synthetics.
func switchOf(name string, field func(*settings) *bool) question {
	return question{name, func(f *fleet.Fleet, on bool) { *field(&f.Synthetics) = on }}
}

// worldSwitch is a switch of what surrounds Synthetics.
func worldSwitch(name string, field func(*fleet.World) *bool) question {
	return question{name, func(f *fleet.Fleet, on bool) { *field(&f.World) = on }}
}

// TestEverySwitchHasAQuestion finds switches of the simulation that the suite doesn't put to AWS.
func TestEverySwitchHasAQuestion(t *testing.T) {
	asked := map[string]bool{}
	for _, s := range services() {
		for _, f := range s.facts {
			asked[f.question.name] = true
		}
	}
	for _, settings := range []any{fleet.World{}, fleet.New().Synthetics} {
		for field := range reflect.TypeOf(settings).Fields() {
			name, _, _ := strings.Cut(field.Tag.Get("yaml"), ",")
			if field.Type.Kind() == reflect.Bool && !asked[name] {
				t.Errorf("no fact asks for %s", name)
			}
		}
	}
}
