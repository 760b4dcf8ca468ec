package query_test

import (
	"net/url"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rekey/awssim/wire/query"
)

func TestInput(t *testing.T) {
	tests := map[string]struct {
		form string
		want map[string]any
	}{
		"members":               {"Action=A&RoleName=r&MaxItems=5", map[string]any{"Action": "A", "RoleName": "r", "MaxItems": "5"}},
		"a list, in its order":  {"F.member.10=c&F.member.2=b&F.member.1=a", map[string]any{"F": []any{"a", "b", "c"}}},
		"structures in a list":  {"T.member.1.Key=k&T.member.1.Value=v", map[string]any{"T": []any{map[string]any{"Key": "k", "Value": "v"}}}},
		"a structure":           {"P.A.B=c", map[string]any{"P": map[string]any{"A": map[string]any{"B": "c"}}}},
		"a value stays a value": {"M=-1&M.x=2", map[string]any{"M": "-1"}},
		"an empty list":         {"F=", map[string]any{"F": ""}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			form, err := url.ParseQuery(tt.form)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, query.Input(form)); diff != "" {
				t.Error(diff)
			}
		})
	}
}
