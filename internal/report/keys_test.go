package report

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestKeysHaveDifferentShortNames(t *testing.T) {
	const a, b = "arn:aws:kms:eu-west-1:111100000001:key/", "arn:aws:kms:us-east-1:111100000001:key/"
	cases := map[string]struct {
		reason string
		arns   []string
		want   []string
	}{
		"Beginning": {
			reason: "the beginning of the id is enough", arns: []string{a + "0a1b2c3d-0000", a + "9f8e7d6c-0000", a + "0a1b2c3d-0000"},
			want: []string{"0a1b2c3d", "9f8e7d6c", "0a1b2c3d"},
		},
		"Replicas": {
			reason: "replicas of a multi-Region key share an id", arns: []string{a + "mrk-0a1b2c3d4e5f", b + "mrk-0a1b2c3d4e5f"},
			want: []string{"mrk-0a1b2c3d", "mrk-0a1b2c3d us-east-1"},
		},
		"Alike": {
			reason: "ids that begin alike are told by their ARNs in the end", arns: []string{a + "0a1b2c3d-1", a + "0a1b2c3d-2", a + "0a1b2c3d-3", a + "0a1b2c3d-4"},
			want: []string{"0a1b2c3d", "0a1b2c3d eu-west-1", "0a1b2c3d eu-west-1 111100000001", a + "0a1b2c3d-4"},
		},
		"Foreign": {reason: "what is no ARN stands as it is", arns: []string{"a key"}, want: []string{"a key"}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			keys := newKeys()
			var got []string
			for _, arn := range tc.arns {
				got = append(got, keys.named(arn).Short)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.reason, diff)
			}
		})
	}
}
