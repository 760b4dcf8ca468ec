// Package identity says who makes a request in the simulated AWS.
package identity

import "strings"

// Principal is the caller of one request.
type Principal struct {
	// Account is the caller's 12-digit account.
	Account string
	// ARN is what policies and grants name: a role's ARN for its sessions, a user's, or an account root's
	// (arn:aws:iam::<account>:root).
	ARN string
	// SessionName is the name of a role's session, empty for others.
	SessionName string
	// SessionPolicy is the JSON policy that narrows a role's session, empty for none.
	SessionPolicy string
}

// Root is the root user of an account, to which its own key policies usually delegate.
func Root(account string) Principal {
	return Principal{Account: account, ARN: "arn:aws:iam::" + account + ":root"}
}

// Role is a session of a role. The ARN must be a role's (arn:aws:iam::<account>:role/[path/]name).
func Role(arn, sessionName string) Principal {
	return Principal{Account: AccountOf(arn), ARN: arn, SessionName: sessionName}
}

// IsRoot says whether the caller is an account's root user.
func (p Principal) IsRoot() bool { return p.Account != "" && p.ARN == Root(p.Account).ARN }

// IsRole says whether the caller is a session of a role.
func (p Principal) IsRole() bool { return strings.Contains(p.ARN, ":role/") }

// CallerARN is how STS shows the caller: the assumed-role ARN for a session, the ARN itself otherwise.
func (p Principal) CallerARN() string {
	if p.SessionName == "" {
		return p.ARN
	}
	return "arn:aws:sts::" + p.Account + ":assumed-role/" + p.ARN[strings.LastIndex(p.ARN, "/")+1:] + "/" + p.SessionName
}

// AccountOf is the account field of an ARN, empty when there is none.
func AccountOf(arn string) string {
	parts := strings.SplitN(arn, ":", 6)
	if len(parts) < 6 {
		return ""
	}
	return parts[4]
}
