package synthetics

import (
	"fmt"
	"regexp"
	"strings"
	"time"
)

// location is where artifacts go. text is what GetCanary shows: without s3://, with a trailing slash if one
// was given (seen in Terraform's acceptance tests).
type location struct {
	text, bucket, prefix string
}

var bucketName = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$`)

// parseLocation reads "s3://bucket[/prefix]", up to 1,024 characters; the bucket's name can't include a
// period (API_UpdateCanary).
func parseLocation(text string) (location, error) {
	if len(text) > 1024 {
		return location{}, fmt.Errorf("artifactS3Location must have length less than or equal to 1024")
	}
	rest, ok := strings.CutPrefix(text, "s3://")
	if !ok {
		return location{}, fmt.Errorf("artifactS3Location %q must begin with s3://", text)
	}
	bucket, prefix, _ := strings.Cut(rest, "/")
	if !bucketName.MatchString(bucket) {
		return location{}, fmt.Errorf("artifactS3Location %q: %q is not a bucket name without periods", text, bucket)
	}
	prefix = strings.TrimSuffix(prefix, "/")
	if strings.HasPrefix(prefix, "/") || strings.Contains(prefix, "//") {
		return location{}, fmt.Errorf("artifactS3Location %q has an empty folder", text)
	}
	return location{text: rest, bucket: bucket, prefix: prefix}, nil
}

// key joins a path below the location to an object key.
func (l location) key(path string) string {
	if l.prefix == "" {
		return path
	}
	return l.prefix + "/" + path
}

// show is how the API shows an object key's folder in this location's bucket.
func (l location) show(key string) string { return l.bucket + "/" + key }

// runFolder is the folder of the run that started at t, in UTC: YYYY/MM/DD/HH/MM-SS-mmm, with the replica's
// Region before the last part (CloudWatch User Guide, EventBridge events and multilocation canaries).
func runFolder(t time.Time, replica string) string {
	t = t.UTC()
	hour := t.Format("2006/01/02/15/")
	if replica != "" {
		hour += replica + "/"
	}
	return hour + strings.Replace(t.Format("04-05.000"), ".", "-", 1)
}
