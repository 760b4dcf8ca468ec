package aws

import "testing"

func TestRetryer(t *testing.T) {
	r := newRetryer()
	for code, want := range map[string]bool{
		"LimitExceededException":   false, // a quota that is used up stays used up
		"ThrottlingException":      true,
		"TooManyRequestsException": true,
		"ExpiredTokenException":    true, // the session has been dropped by then
		"ValidationException":      false,
		"ConflictException":        false, // the activity reads first
	} {
		if got := r.IsErrorRetryable(answered("KMS", "CreateGrant", 400, code, "")); got != want {
			t.Errorf("%s: retried %v, want %v", code, got, want)
		}
	}
}
