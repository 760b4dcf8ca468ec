// Package awssim is a simulated AWS: STS, Organizations, Account, IAM, KMS and S3 (and, mounted from outside,
// Synthetics) for many accounts and Regions, with real wire protocols, checked signatures and real permission
// checks, on a clock that can run faster than real time.
//
//	c := clock.New(start, 60)
//	w := awssim.NewWorld(c, awssim.Settings{})
//	_ = w.IAM.AddUser(iam.User{ARN: "arn:aws:iam::111111111111:root", AccessKeyID: "AKIA...", Secret: "..."})
//	server := httptest.NewServer(w.Handler())
//	// any AWS client with server.URL as its endpoint
package awssim

import (
	"net/http"

	"rekey/awssim/account"
	"rekey/awssim/authz"
	"rekey/awssim/calls"
	"rekey/awssim/clock"
	"rekey/awssim/fault"
	"rekey/awssim/iam"
	"rekey/awssim/identity"
	"rekey/awssim/journal"
	"rekey/awssim/kms"
	"rekey/awssim/organizations"
	"rekey/awssim/s3"
	"rekey/awssim/sigv4"
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
	// Faults are the faults that are set, none at the beginning.
	Faults *fault.Injector
	// Watch, where it is set, is given every call that gets past the faults, and has to serve it. It is set before the
	// first call.
	Watch func(operation string, c *wire.Call, serve func())
	// Calls counts the signed calls, refused and faulty ones included.
	Calls calls.Counter

	settings Settings
	engine   *authz.Engine
	auth     authz.Authorizer
	admin    map[string]http.Handler
}

// NewWorld makes an empty world on a clock, which stays the caller's to close.
func NewWorld(c *clock.Clock, s Settings) *World {
	s = s.withDefaults()
	w := &World{Clock: c, Journal: &journal.Journal{}, Faults: fault.New(s.Seed, c.Now), settings: s, admin: map[string]http.Handler{}}
	w.engine = &authz.Engine{
		GrantFromOwnerAccountSuffices: s.GrantFromOwnerAccountSuffices, GrantsIgnoreBoundary: s.GrantsIgnoreBoundary,
	}
	w.auth = authz.Journaled{Authorizer: w.engine, Journal: w.Journal, Clock: c}
	w.Organizations = organizations.New(organizations.Config{
		Clock: c, Journal: w.Journal, Auth: w.auth, ShowStatus: s.AccountStatus, EmptyPages: s.EmptyPages,
	})
	w.Account = account.New(account.Config{Auth: w.auth, Organization: w.Organizations})
	w.IAM = iam.New(iam.Config{Clock: c, Journal: w.Journal, Auth: w.auth, Propagation: s.IAMPropagation})
	w.STS = sts.New(sts.Config{Auth: w.auth, Roles: w.IAM, Now: clock.Real})
	w.KMS = kms.New(kms.Config{
		Clock: c, Journal: w.Journal, Auth: w.auth, Judge: w.engine, Exists: w.exists,
		UniqueID: w.IAM.UniqueID, GoneID: w.IAM.GoneID, GrantsSurviveRecreation: s.GrantsSurviveRoleRecreation,
		GrantPropagation: s.GrantPropagation, RevocationLinger: s.RevocationLinger, GrantQuota: s.GrantQuota,
	})
	w.S3 = s3.New(s3.Config{Clock: c, Journal: w.Journal, Auth: w.auth, KMS: w.KMS, BucketKeyCache: s.BucketKeyCache})
	w.engine.Identities, w.engine.Guardrails, w.engine.Trusts = w.IAM, w.Organizations, w.IAM
	w.engine.Keys, w.engine.Grants, w.engine.Buckets = w.KMS, w.KMS, w.S3
	return w
}

// Authorizer decides over the world as it is at the time of asking, and puts refusals into the journal.
func (w *World) Authorizer() authz.Authorizer { return w.auth }

// exists says whether a principal that a grant or key policy names exists.
func (w *World) exists(arn string) bool {
	if w.IAM.Exists(arn) {
		return true
	}
	account := identity.AccountOf(arn)
	return arn == identity.Root(account).ARN && w.Organizations.Has(account)
}

// credentials finds users' access keys and sessions.
type credentials struct{ world *World }

// Credential implements sigv4.Credentials.
func (c credentials) Credential(accessKeyID string) (sigv4.Credential, bool) {
	if session, ok := c.world.STS.Session(accessKeyID); ok {
		return sigv4.Credential{
			Principal: session.Principal, Secret: session.Secret, Token: session.Token, Expires: session.Expires,
		}, true
	}
	p, secret, ok := c.world.IAM.AccessKey(accessKeyID)
	return sigv4.Credential{Principal: p, Secret: secret}, ok
}
