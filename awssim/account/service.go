// Package account is the simulated service of that name.
package account

// Service answers for all accounts of a world. It is safe for concurrent use.
type Service struct{}
