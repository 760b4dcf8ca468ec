package awssim

import (
	"rekey/awssim/authz"
	"rekey/awssim/iam"
	"rekey/awssim/identity"
	"rekey/awssim/kms"
	"rekey/awssim/s3"
)

// Frozen is the world's policies, grants, roles, keys and buckets at one instant. Asking it has no side effect,
// and what was propagating counts as effective. It is safe for concurrent use.
type Frozen struct {
	engine  *authz.Engine
	keys    *kms.Frozen
	buckets s3.Frozen
	people  iam.Frozen
}

// Freeze takes a snapshot, by which one can ask later: would this have been allowed then?
func (w *World) Freeze() *Frozen {
	f := &Frozen{keys: w.KMS.Freeze(), buckets: w.S3.Freeze(), people: w.IAM.Freeze()}
	f.engine = &authz.Engine{
		Identities: f.people, Guardrails: w.Organizations.Freeze(), Keys: f.keys, Grants: f.keys, Buckets: f.buckets,
		GrantFromOwnerAccountSuffices: w.settings.GrantFromOwnerAccountSuffices,
		GrantsIgnoreBoundary:          w.settings.GrantsIgnoreBoundary,
	}
	return f
}

// Authorize implements authz.Authorizer as of then, without journaling. Role trust policies are not frozen.
func (f *Frozen) Authorize(r authz.Request) error { return f.engine.Authorize(r) }

// Use says whether a cryptographic operation would have been allowed then, as kms.Service.Use would answer.
func (f *Frozen) Use(u kms.Use) error { return f.keys.Use(f.engine, u) }

// CheckPut says whether the upload would have been allowed then, as s3.Service.PutObject would answer.
func (f *Frozen) CheckPut(p identity.Principal, in s3.PutInput) error {
	return f.buckets.CheckPut(f.engine, f.keys, p, in)
}

// CheckGet says whether reading an object of that encryption would have been allowed then.
func (f *Frozen) CheckGet(p identity.Principal, bucket, key string, e s3.Encryption) error {
	return f.buckets.CheckGet(f.engine, f.keys, p, bucket, key, e)
}
