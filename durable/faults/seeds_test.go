package main

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParseSeeds(t *testing.T) {
	cases := map[string]struct {
		text string
		want []uint64
		fail bool
	}{
		"a count":             {text: "3", want: []uint64{1, 2, 3}},
		"a range":             {text: "7-9", want: []uint64{7, 8, 9}},
		"one by itself":       {text: "17,", want: []uint64{17}},
		"one as a range":      {text: "17-17", want: []uint64{17}},
		"numbers and a range": {text: "2,5,8-9", want: []uint64{2, 5, 8, 9}},
		"none":                {text: "0", fail: true},
		"nothing":             {text: "", fail: true},
		"backwards":           {text: "9-7", fail: true},
		"a word":              {text: "all", fail: true},
		"half a range":        {text: "7-", fail: true},
		"too many":            {text: "1-999999", fail: true},
	}
	for name, tt := range cases {
		t.Run(name, func(t *testing.T) {
			got, err := parseSeeds(tt.text)
			if diff := cmp.Diff(tt.want, got); diff != "" || (err != nil) != tt.fail {
				t.Errorf("%v; (-want +got):\n%s", err, diff)
			}
		})
	}
}
