package organizations

import (
	"bytes"
	"encoding/json"
	"testing"

	"rekey/awssim/model"
	"rekey/awssim/wire/wiretest"
)

// TestInputsKnowEveryMember fails when the SDK sends a member that an input would drop in silence.
func TestInputsKnowEveryMember(t *testing.T) {
	inputs := map[string]any{
		"ListRoots": &parentIn{}, "ListAccounts": &parentIn{}, "ListAccountsForParent": &parentIn{},
		"ListOrganizationalUnitsForParent": &parentIn{}, "DescribeAccount": &describeAccountIn{},
		"ListParents": &childIn{},
	}
	for operation, in := range inputs {
		t.Run(operation, func(t *testing.T) {
			if !model.Knows("organizations", operation) {
				t.Error("the model's constraints have not been generated for it")
			}
			c := wiretest.Snapshot(t, "organizations", operation)
			if got := (&Service{}).Operation(c); got != operation {
				t.Errorf("operation = %q", got)
			}
			d := json.NewDecoder(bytes.NewReader(c.Body))
			d.DisallowUnknownFields()
			if err := d.Decode(in); err != nil {
				t.Error(err)
			}
		})
	}
}
