// Package awssim is a simulated AWS: STS, Organizations, Account, IAM, KMS and S3 (and, mounted from outside,
// Synthetics) for many accounts and Regions, with real wire protocols, checked signatures and real permission
// checks, on a clock that can run faster than real time.
package awssim

import (
	"net/http"

	"rekey/awssim/account"
	"rekey/awssim/authz"
	"rekey/awssim/clock"
	"rekey/awssim/iam"
	"rekey/awssim/identity"
	"rekey/awssim/journal"
	"rekey/awssim/kms"
	"rekey/awssim/organizations"
	"rekey/awssim/s3"
	"rekey/awssim/sts"
	"rekey/awssim/wire"
)

// World is everything that exists in one simulated AWS.
type World struct {
	Clock         *clock.Clock
	Journal       *journal.Journal
	IAM           *iam.Service
	STS           *sts.Service
	Organizations *organizations.Service
	Account       *account.Service
	KMS           *kms.Service
	S3            *s3.Service
}

// NewWorld makes an empty world on a clock, which stays the caller's to close.
func NewWorld(c *clock.Clock, s Settings) *World { return &World{Clock: c} }

// Authorizer decides over the world as it is at the time of asking, and puts refusals into the journal.
func (w *World) Authorizer() authz.Authorizer { return nil }

// Handler serves the world's wire protocols and its admin paths; extra are services from outside.
func (w *World) Handler(extra ...wire.Service) http.Handler { return nil }

// HandleAdmin mounts h at /_awssim/<path>. It must be called before Handler.
func (w *World) HandleAdmin(path string, h http.Handler) {}

// Frozen is the world's policies, grants, roles, keys and buckets at one instant.
type Frozen struct{}

// Freeze takes a snapshot. What is still propagating counts as effective.
func (w *World) Freeze() *Frozen { return nil }

// CheckPut says whether the upload would have been allowed then, as s3.Service.PutObject would answer.
func (f *Frozen) CheckPut(p identity.Principal, in s3.PutInput) error { return nil }

// CheckGet says whether reading an object of that encryption would have been allowed then.
func (f *Frozen) CheckGet(p identity.Principal, bucket, key string, e s3.Encryption) error {
	return nil
}
