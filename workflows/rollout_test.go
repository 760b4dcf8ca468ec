package workflows

import "testing"

func TestGate(t *testing.T) {
	cell := Cell{Account: "1", Region: "r"}
	one := Part{Cell: &cell, Canary: "one"}
	cases := map[string]struct {
		reason string
		gate   Gate
		canary string
		shut   bool
	}{
		"open":            {"Nothing is paused.", Gate{}, "one", false},
		"all paused":      {"A pause of the whole holds every canary.", Gate{Parts: []Part{{}}}, "one", true},
		"put back":        {"An operator asked for it after the pause.", Gate{Parts: []Part{{}}, Open: []Part{one}}, "one", false},
		"another":         {"Nobody asked for that one.", Gate{Parts: []Part{{}}, Open: []Part{one}}, "two", true},
		"the cell's work": {"It serves the other canaries too.", Gate{Parts: []Part{{}}, Open: []Part{one}}, "", true},
		"paused itself":   {"Only the pause of the whole gives way.", Gate{Parts: []Part{{}, one}, Open: []Part{one}}, "one", true},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			if got := c.gate.Shut(cell, 0, c.canary); got != c.shut {
				t.Errorf("%s shut: %t", c.reason, got)
			}
		})
	}
}
