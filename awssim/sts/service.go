// Package sts is the simulated service of that name.
package sts

// Service answers for all accounts of a world. It is safe for concurrent use.
type Service struct{}
