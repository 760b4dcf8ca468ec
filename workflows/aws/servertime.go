package aws

import (
	"time"

	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/smithy-go/middleware"
)

// ServerTime is the date of an answer on AWS's clock, from the answer's Date header, and false where it had none.
// The header has whole seconds: the answer was given at that time or up to a second later.
//
// The worker's own clock takes no part: it may be off, and that of a rehearsal runs faster.
func ServerTime(metadata middleware.Metadata) (time.Time, bool) {
	return awsmiddleware.GetServerTime(metadata)
}

// AnsweredBy is the first whole second on AWS's clock by which an answer had been given for certain. What started
// at or after it started after the answer.
func AnsweredBy(metadata middleware.Metadata) (time.Time, bool) {
	at, ok := ServerTime(metadata)
	return at.Add(time.Second), ok
}
