package denial

import "testing"

func TestNamesAccess(t *testing.T) {
	for reason, want := range map[string]bool{
		"Unable to upload artifacts to S3: Access Denied":                       true,
		"AccessDeniedException: User is not authorized to perform: kms:Decrypt": true,
		"KMS.DisabledException: the key is disabled":                            true,
		"net::ERR_CONNECTION_REFUSED":                                           false,
		"Visual variance 4.2% exceeds the threshold":                            false,
		"": false,
	} {
		if got := NamesAccess(reason); got != want {
			t.Errorf("%q: got %v, want %v", reason, got, want)
		}
	}
}
