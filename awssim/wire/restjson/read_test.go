package restjson_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"rekey/awssim/wire"
	"rekey/awssim/wire/restjson"
)

type paged struct{ MaxResults *int }

type input struct {
	paged
	ID    string `json:"Id"`
	Rules []struct{ Name *string }
	Tags  map[string]string
	Blob  []byte
}

func TestRead(t *testing.T) {
	name, five := "n", 5
	tests := map[string]struct {
		body string
		want input
		bad  bool
	}{
		"nothing":                {"", input{}, false},
		"members":                {`{"MaxResults": 5, "Id": "i", "Blob": "YQ=="}`, input{paged: paged{&five}, ID: "i", Blob: []byte("a")}, false},
		"unknown members":        {`{"Else": {"Id": "j"}, "Id": "i"}`, input{ID: "i"}, false},
		"other letters":          {`{"maxResults": -5, "ID": "j", "Rules": [{"name": "m"}]}`, input{Rules: []struct{ Name *string }{{}}}, false},
		"structures in lists":    {`{"Rules": [{"Name": "n", "Else": 1}]}`, input{Rules: []struct{ Name *string }{{&name}}}, false},
		"a map's keys are free":  {`{"Tags": {"a": "b"}}`, input{Tags: map[string]string{"a": "b"}}, false},
		"said twice, last wins":  {`{"Id": "i", "Id": "j"}`, input{ID: "j"}, false},
		"another type":           {`{"Id": 5}`, input{}, true},
		"not an object":          {`["Id"]`, input{}, true},
		"not JSON":               {`{`, input{}, true},
		"a number with a point":  {`{"MaxResults": 1.5}`, input{}, true},
		"not what base64 can be": {`{"Blob": "?"}`, input{}, true},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			var got input
			if err := restjson.Read(&wire.Call{Body: []byte(tt.body)}, &got); (err != nil) != tt.bad {
				t.Fatalf("error %v", err)
			}
			if diff := cmp.Diff(tt.want, got, cmp.AllowUnexported(input{}, paged{})); diff != "" && !tt.bad {
				t.Error(diff)
			}
		})
	}
}
