package iam

import "time"

// Role is a role as a world seeds it and as Service.Role shows it.
type Role struct {
	// ARN is arn:aws:iam::<account>:role/[path/]<name>. Name, Account and Path follow from it and may be
	// left empty when a role is added.
	ARN, Name, Account, Path string
	// ID is the role's unique id (AROA...); made up when empty.
	ID string
	// Trust is the JSON policy that says who may assume the role.
	Trust string
	// Inline holds the inline policies, name -> JSON.
	Inline map[string]string
	// Attached holds the attached managed policies, ARN -> JSON. They are evaluated; no call edits them.
	Attached map[string]string
	// Boundary is the JSON of the permissions boundary, empty for none.
	Boundary string
	// Created is simulated; the time of AddRole when zero.
	Created time.Time
	// MaxSession caps the role's sessions, 1-12 hours; 1 hour when zero.
	MaxSession time.Duration
}

// User is an IAM user with an access key, as a world seeds it.
type User struct {
	// ARN is arn:aws:iam::<account>:user/[path/]<name>, or an account's root
	// (arn:aws:iam::<account>:root), which may do everything in its account. Name follows from it and may
	// be left empty.
	ARN, Name string
	// AccessKeyID and Secret sign the user's requests; without an access key the user can't call anything.
	AccessKeyID, Secret string
	// Policies holds the user's policies, name -> JSON.
	Policies map[string]string
	// Boundary is the JSON of the permissions boundary, empty for none.
	Boundary string
}
