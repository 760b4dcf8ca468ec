package fleet

import (
	"strings"
	"sync"
)

// canaryTrust lets Lambda assume a canary's role (API_CreateCanary, ExecutionRoleArn).
var canaryTrust = sync.OnceValue(func() Document {
	return document(statement{
		Effect: "Allow", Principal: map[string]string{"Service": "lambda.amazonaws.com"}, Action: []string{"sts:AssumeRole"},
	})
})

// canaryPolicy is what a canary's role needs beside access to a key (API_CreateCanary; s3:GetObject for visual
// monitoring).
func canaryPolicy(buckets []string) Document {
	if len(buckets) == 0 {
		return everyBucket()
	}
	var objects, whole []string
	for _, b := range buckets {
		objects, whole = append(objects, "arn:aws:s3:::"+b+"/*"), append(whole, "arn:aws:s3:::"+b)
	}
	return canaryDocument(objects, whole)
}

// everyBucket is the policy of canaries that may write anywhere: one document, however many roles have it.
var everyBucket = sync.OnceValue(func() Document { return canaryDocument([]string{"*"}, []string{"*"}) })

func canaryDocument(objects, whole []string) Document {
	all := []string{"*"}
	return document(
		allow(objects, "s3:PutObject", "s3:GetObject"),
		allow(whole, "s3:GetBucketLocation"),
		allow(all, "s3:ListAllMyBuckets", "cloudwatch:PutMetricData", "logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"),
	)
}

// memberTrust lets the hub's principals in, with the account's external id.
func memberTrust(principals []string, externalID string) Document {
	s := statement{Effect: "Allow", Principal: map[string][]string{"AWS": principals}, Action: []string{"sts:AssumeRole"}}
	if externalID != "" {
		s.Condition = map[string]any{"StringEquals": map[string]string{"sts:ExternalId": externalID}}
	}
	return document(s)
}

// memberPolicyName is the inline policy of the member template; an inline policy of that name replaces it.
const memberPolicyName = "rekey"

// memberPolicy is what a migration does in a member account, by any of its access methods.
func memberPolicy() Document {
	all := []string{"*"}
	return document(
		allow(all, "synthetics:DescribeCanaries", "synthetics:DescribeCanariesLastRun", "synthetics:DescribeRuntimeVersions",
			"synthetics:GetCanary", "synthetics:GetCanaryRuns", "synthetics:UpdateCanary", "synthetics:StartCanary",
			"synthetics:StopCanary", "synthetics:StartCanaryDryRun"),
		allow(all, "kms:CreateGrant", "kms:RevokeGrant", "kms:RetireGrant", "kms:ListGrants", "kms:DescribeKey",
			"kms:GetKeyPolicy", "kms:PutKeyPolicy", "kms:ListAliases"),
		allow(all, "iam:GetRole", "iam:ListRolePolicies", "iam:GetRolePolicy", "iam:PutRolePolicy", "iam:DeleteRolePolicy",
			"iam:GetAccountAuthorizationDetails", "iam:PassRole"),
		allow(all, "s3:GetObject", "s3:ListBucket", "s3:GetBucketLocation", "s3:GetBucketPolicy", "s3:GetEncryptionConfiguration"),
		allow(all, "lambda:GetFunctionConfiguration", "account:ListRegions", "account:GetRegionOptStatus"),
	)
}

// hubPolicy is what the control plane's own identity needs.
func hubPolicy() Document {
	return document(
		allow([]string{"arn:aws:iam::*:role/" + MemberRole}, "sts:AssumeRole"),
		allow([]string{"*"}, "organizations:ListAccounts", "organizations:ListAccountsForParent", "organizations:ListRoots",
			"organizations:ListOrganizationalUnitsForParent", "organizations:ListParents", "organizations:DescribeOrganization",
			"sts:GetCallerIdentity", "account:ListRegions"),
	)
}

// useOfKey is the access that a canary's role needs: GenerateDataKey to write, Decrypt to read a baseline or
// to write in parts (Amazon S3 User Guide, UsingKMSEncryption).
var useOfKey = []string{"kms:GenerateDataKey", "kms:Decrypt"}

// keyPolicy delegates to the owner's root and, for use and for grants, to the roots of other accounts, and
// lets roles use the key directly.
func keyPolicy(owner string, sharedWith, roles []string) Document {
	all := []string{"*"}
	statements := []statement{{
		Sid: "Owner", Effect: "Allow", Principal: map[string]string{"AWS": root(owner)}, Action: []string{"kms:*"}, Resource: all,
	}}
	if len(sharedWith) > 0 {
		var roots []string
		for _, a := range sharedWith {
			roots = append(roots, root(a))
		}
		statements = append(statements, statement{
			Sid: "Shared", Effect: "Allow", Principal: map[string][]string{"AWS": roots}, Resource: all,
			Action: []string{"kms:GenerateDataKey", "kms:Decrypt", "kms:DescribeKey", "kms:CreateGrant", "kms:ListGrants",
				"kms:RevokeGrant", "kms:RetireGrant"},
		})
	}
	for _, r := range roles {
		statements = append(statements, statement{
			Sid: UseSid(r), Effect: "Allow", Principal: map[string]string{"AWS": r}, Action: useOfKey, Resource: all,
		})
	}
	return document(statements...)
}

// UseSid is the Sid of the statement that lets a role use a key by the key's policy.
func UseSid(role string) string { return "Use by " + role[strings.LastIndex(role, "/")+1:] }

func root(account string) string { return "arn:aws:iam::" + account + ":root" }
