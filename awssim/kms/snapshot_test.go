package kms

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
		"DescribeKey": &describeKeyIn{}, "CreateGrant": &createGrantIn{}, "ListGrants": &listGrantsIn{},
		"RevokeGrant": &revokeGrantIn{}, "RetireGrant": &retireGrantIn{}, "GetKeyPolicy": &getKeyPolicyIn{},
		"PutKeyPolicy": &putKeyPolicyIn{}, "ListAliases": &listAliasesIn{}, "GenerateDataKey": &generateDataKeyIn{},
		"Decrypt": &decryptIn{},
	}
	for operation, in := range inputs {
		t.Run(operation, func(t *testing.T) {
			if !model.Knows("kms", operation) {
				t.Error("the model's constraints have not been generated for it")
			}
			c := wiretest.Snapshot(t, "kms", operation)
			s := &Service{}
			if got := s.Operation(c); got != operation || s.handler(got) == nil {
				t.Errorf("operation = %q, handled: %t", got, s.handler(got) != nil)
			}
			d := json.NewDecoder(bytes.NewReader(c.Body))
			d.DisallowUnknownFields()
			if err := d.Decode(in); err != nil {
				t.Error(err)
			}
		})
	}
}
