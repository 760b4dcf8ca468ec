package arn

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"unicode"
)

// Location is an artifact location: a bucket, and a prefix without slashes at its ends.
type Location struct {
	Bucket, Prefix string
}

// maxLocation is how long a location may be (Synthetics API, ArtifactS3Location: 1,024).
const maxLocation = 1024

// bucketPattern is of the names that Synthetics takes: without dots (Synthetics API, ArtifactS3Location).
var bucketPattern = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$`)

// ParseLocation reads "s3://bucket/prefix" or "bucket/prefix". A slash at the end means nothing.
func ParseLocation(s string) (Location, error) {
	bucket, prefix, _ := strings.Cut(strings.TrimPrefix(s, "s3://"), "/")
	prefix = strings.TrimSuffix(prefix, "/")
	switch {
	case len(s) > maxLocation:
		return Location{}, fmt.Errorf("a location has at most %d characters", maxLocation)
	case !bucketPattern.MatchString(bucket):
		return Location{}, fmt.Errorf("%q is no bucket name: 3 to 63 of a-z, 0-9 and -, and neither begins nor ends with -", bucket)
	case strings.IndexFunc(prefix, func(r rune) bool { return unicode.IsControl(r) || unicode.IsSpace(r) || r == unicode.ReplacementChar }) >= 0:
		return Location{}, errors.New("a prefix has no white space and no control characters")
	}
	if prefix == "" {
		return Location{Bucket: bucket}, nil
	}
	for element := range strings.SplitSeq(prefix, "/") {
		if element == "" || element == "." || element == ".." {
			return Location{}, fmt.Errorf("%q is no element of a prefix", element)
		}
	}
	return Location{Bucket: bucket, Prefix: prefix}, nil
}

// String is "bucket/prefix", as Synthetics answers it.
func (l Location) String() string {
	if l.Prefix == "" {
		return l.Bucket
	}
	return l.Bucket + "/" + l.Prefix
}

// URI is "s3://bucket/prefix", as Synthetics takes it.
func (l Location) URI() string { return "s3://" + l.String() }

// Covers reports whether another location, both written as "bucket/prefix", is the same or below it.
func Covers(location, other string) bool {
	return other == location || strings.HasPrefix(other, strings.TrimSuffix(location, "/")+"/")
}
