package authz

import (
	"errors"
	"maps"
	"time"

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
	if errors.As(err, &denied) && denied.Denied {
		j.Journal.Add(Denial(j.Clock.Now(), r, denied))
	}
	return err
}

// Denial is the journal's entry about a refused request. The Region is the resource's, or aws:RequestedRegion
// for those that have none.
func Denial(now time.Time, r Request, denied *apierr.Error) journal.Entry {
	region := r.Context["aws:RequestedRegion"]
	if arn, ok := identity.ParseARN(r.Resource); ok && arn.Region != "" {
		region = arn.Region
	}
	detail := make(map[string]string, len(r.Context)+2)
	maps.Copy(detail, r.Context)
	delete(detail, "aws:RequestedRegion")
	detail["message"] = denied.Message
	if r.Principal.SessionName != "" {
		detail["session"] = r.Principal.SessionName
	}
	return journal.Entry{
		Time: now, Kind: journal.Denial, Account: r.Principal.Account, Region: region,
		Principal: r.Principal.ARN, Action: r.Action, Resource: r.Resource, Detail: detail,
	}
}
