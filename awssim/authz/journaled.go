package authz

import (
	"errors"

	"rekey/awssim/apierr"
	"rekey/awssim/clock"
	"rekey/awssim/identity"
	"rekey/awssim/journal"
)

// Journaled is an Authorizer that puts every refusal of another into the journal.
type Journaled struct {
	Authorizer
	Journal *journal.Journal
	Clock   *clock.Clock
}

// Authorize implements Authorizer.
func (j Journaled) Authorize(r Request) error {
	err := j.Authorizer.Authorize(r)
	var denied *apierr.Error
	if !errors.As(err, &denied) || !denied.Denied {
		return err
	}
	region := r.Context["aws:RequestedRegion"]
	if arn, ok := identity.ParseARN(r.Resource); ok && region == "" {
		region = arn.Region
	}
	detail := make(map[string]string, len(r.Context)+2)
	for key, value := range r.Context {
		detail[key] = value
	}
	detail["message"] = denied.Message
	if r.Principal.SessionName != "" {
		detail["session"] = r.Principal.SessionName
	}
	j.Journal.Add(journal.Entry{
		Time: j.Clock.Now(), Kind: journal.Denial, Account: r.Principal.Account, Region: region,
		Principal: r.Principal.ARN, Action: r.Action, Resource: r.Resource, Detail: detail,
	})
	return err
}
