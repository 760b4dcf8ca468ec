package kms

import "time"

// Key is a KMS key as a world seeds it and as Service.Key shows it.
type Key struct {
	// ARN is arn:aws:kms:<region>:<account>:key/<id>. Account and Region follow from it and may be left
	// empty when a key is added.
	ARN, Account, Region string
	// Policy is the key policy's JSON; when empty the default one, which delegates to the account
	// (AWS KMS Developer Guide, default key policy).
	Policy string
	// State is a KeyState: Enabled (the default), Disabled, PendingDeletion, PendingImport, Unavailable, ...
	State string
	// Spec is a KeySpec, SYMMETRIC_DEFAULT when empty.
	Spec string
	// Usage is a KeyUsage, ENCRYPT_DECRYPT when empty.
	Usage string
	// Manager is CUSTOMER (the default) or AWS.
	Manager string
	// Aliases are names with their prefix, for example alias/artifacts.
	Aliases []string
	// Created and DeletionDate are simulated; Created is the time of AddKey when zero. DeletionDate belongs to the
	// state PendingDeletion, and is 30 days after it is reached when zero.
	Created, DeletionDate time.Time
}

// waitingPeriod is from the request to delete a key to its deletion, unless the request says otherwise (AWS KMS API
// Reference, ScheduleKeyDeletion).
const waitingPeriod = 30 * 24 * time.Hour

func (k *Key) setState(state string, now time.Time) {
	k.State = state
	switch {
	case state != "PendingDeletion":
		k.DeletionDate = time.Time{}
	case k.DeletionDate.IsZero():
		k.DeletionDate = now.Add(waitingPeriod)
	}
}

// Grant lets one principal perform operations on one key (AWS KMS Developer Guide, grants).
type Grant struct {
	// ID is made up when empty; 64 hexadecimal digits.
	ID string
	// Name makes CreateGrant idempotent; may be empty.
	Name string
	// Grantee and Retiring are principals' ARNs; Retiring may be empty.
	Grantee, Retiring string
	// IssuingAccount is the ARN of the root of the account that issued the grant
	// (arn:aws:iam::<account>:root); the key's account when empty.
	IssuingAccount string
	// GranteeID is the unique id of the role that the grant was made for; the present one's when empty.
	GranteeID string
	// Operations are GrantOperations, for example GenerateDataKey.
	Operations []string
	// Constraints narrow the cryptographic operations by encryption context.
	Constraints Constraints
	// Created is simulated; the time of AddGrant when zero.
	Created time.Time
}

// Constraints limit a grant to cryptographic requests with an encryption context: exactly Equals, one that
// includes Subset, or both where both are set.
type Constraints struct {
	Equals, Subset map[string]string
	// SourceARN limits the grant to requests that an AWS service makes for that resource.
	SourceARN string
}
