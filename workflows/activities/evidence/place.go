package evidence

import (
	"net/url"
	"path/filepath"
	"regexp"
	"strings"

	"rekey/workflows/failure"
)

// bucketName is what a bucket may be called (Amazon S3 User Guide, bucketnamingrules).
var bucketName = regexp.MustCompile(`^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$`)

// anotherPlace is what to do about a place that can't be used.
const anotherPlace = "Name another place, or start the workers so that they may write to it; then close the migration again."

// open finds the store of a place.
func (a *Activities) open(uri string) (store, error) {
	place, err := url.Parse(uri)
	if err != nil || place.RawQuery != "" || place.Fragment != "" || place.User != nil || place.Opaque != "" {
		return nil, failure.Refuse(notWritten(uri, "it is not of the form file:///directory or s3://bucket/prefix", anotherPlace))
	}
	switch place.Scheme {
	case "file":
		return a.directory(uri, place)
	case "s3":
		return a.bucket(uri, place)
	default:
		return nil, failure.Refuse(notWritten(uri, "its scheme is neither file nor s3", anotherPlace))
	}
}

func (a *Activities) directory(uri string, place *url.URL) (store, error) {
	if a.config.Directory == "" {
		return nil, failure.Refuse(notWritten(uri, "the workers may write to no directory",
			"Start the workers with --evidence-dir, or name a bucket; then close the migration again."))
	}
	below, err := filepath.Rel(a.config.Directory, filepath.FromSlash(place.Path))
	if place.Host != "" || err != nil || !filepath.IsLocal(below) {
		return nil, failure.Refuse(notWritten(uri, "it is not below the directory that the workers may write to ("+a.config.Directory+")", anotherPlace))
	}
	return directory{uri: uri, root: a.config.Directory, below: below}, nil
}

func (a *Activities) bucket(uri string, place *url.URL) (store, error) {
	prefix := strings.Trim(place.Path, "/")
	if !bucketName.MatchString(place.Host) || hasDots(prefix) {
		return nil, failure.Refuse(notWritten(uri, "it names no bucket and prefix that S3 takes", anotherPlace))
	}
	return bucket{uri: uri, access: a.access, name: place.Host, prefix: prefix}, nil
}

// hasDots reports whether a path has a segment that clients of S3 would resolve away.
func hasDots(path string) bool {
	for segment := range strings.SplitSeq(path, "/") {
		if segment == "." || segment == ".." {
			return true
		}
	}
	return false
}

// join is the URI of a file.
func join(uri string, segments ...string) string {
	return strings.TrimRight(uri, "/") + "/" + strings.Join(segments, "/")
}
