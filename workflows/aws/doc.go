// Package aws is the way into AWS: from an account and a Region to a configured SDK, and from an SDK's error to a
// problem of the contract.
//
// Credentials never appear in what this package returns: neither in errors nor in problems. The texts that AWS
// sends are passed on only for refusals whose texts speak of permissions and parameters; those of signature
// errors, which quote the request that was signed, are not.
package aws
