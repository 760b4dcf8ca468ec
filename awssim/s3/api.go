package s3

import (
	"net/http"
	"slices"
	"strings"

	"rekey/awssim/apierr"
	"rekey/awssim/wire"
	"rekey/awssim/wire/restxml"
)

// SigningName implements wire.Service.
func (s *Service) SigningName() string { return "s3" }

// Protocol implements wire.Speaker.
func (s *Service) Protocol() wire.Protocol { return restxml.Protocol{} }

// Operation implements wire.Service. Requests for what isn't simulated (other methods, sub-resources such as
// ?acl) name none.
func (s *Service) Operation(c *wire.Call) string {
	bucket, key := target(c)
	method, query := c.HTTP.Method, c.HTTP.URL.Query()
	for name := range query {
		if !known(name) {
			return ""
		}
	}
	switch {
	case bucket == "":
		return ""
	case key == "" && method == http.MethodHead:
		return "HeadBucket"
	case key == "" && method == http.MethodGet:
		for _, sub := range []struct{ name, operation string }{
			{"location", "GetBucketLocation"}, {"policy", "GetBucketPolicy"}, {"encryption", "GetBucketEncryption"},
		} {
			if query.Has(sub.name) {
				return sub.operation
			}
		}
		if query.Get("list-type") == "2" {
			return "ListObjectsV2"
		}
		return ""
	case key == "" || query.Has("location") || query.Has("policy") || query.Has("encryption"):
		return ""
	case method == http.MethodPut && c.HTTP.Header.Get("X-Amz-Copy-Source") != "":
		return "CopyObject"
	}
	return onObjects[method]
}

// onObjects are the operations that a method alone tells apart.
var onObjects = map[string]string{
	http.MethodHead: "HeadObject", http.MethodGet: "GetObject", http.MethodPut: "PutObject", http.MethodDelete: "DeleteObject",
}

// known says whether a query parameter belongs to an operation that is simulated.
func known(name string) bool {
	return strings.HasPrefix(name, "response-") || slices.Contains([]string{
		"x-id", "versionId", "partNumber", "location", "policy", "encryption", "list-type", "prefix", "delimiter",
		"continuation-token", "start-after", "max-keys", "encoding-type", "fetch-owner",
	}, name)
}

// target is the bucket and the key of a request. Clients put the bucket into the path when the endpoint is an IP
// address, and into the host's name when it is localhost.
func target(c *wire.Call) (bucket, key string) {
	path := strings.TrimPrefix(c.HTTP.URL.Path, "/")
	host, _, _ := strings.Cut(c.HTTP.Host, ":")
	if bucket, ok := strings.CutSuffix(host, ".localhost"); ok {
		return bucket, path
	}
	bucket, key, _ = strings.Cut(path, "/")
	return bucket, key
}

// Serve implements wire.Service.
func (s *Service) Serve(w http.ResponseWriter, c *wire.Call) {
	operation := s.Operation(c)
	if err := s.admit(w, c, operation); err != nil {
		restxml.Protocol{}.WriteError(w, err)
		return
	}
	var err error
	switch operation {
	case "HeadBucket":
		err = s.headBucket(w, c)
	case "GetBucketLocation":
		err = s.getBucketLocation(w, c)
	case "GetBucketPolicy":
		err = s.getBucketPolicy(w, c)
	case "GetBucketEncryption":
		err = s.getBucketEncryption(w, c)
	case "ListObjectsV2":
		err = s.listObjects(w, c)
	case "HeadObject", "GetObject":
		err = s.serveObject(w, c, operation)
	case "PutObject":
		err = s.putObject(w, c)
	case "CopyObject":
		err = s.copyObject(w, c)
	case "DeleteObject":
		err = s.deleteObject(w, c)
	default:
		// S3's code for what it does not do, and its text (Amazon S3 API Reference, Error responses: "A header that you provided
		// implies functionality that is not implemented"), with queries in it, since most operations are told by one.
		err = restxml.Protocol{}.Failure(wire.UnknownOperation, "A header or query you provided implies functionality that is not implemented.")
	}
	if err != nil {
		restxml.Protocol{}.WriteError(w, err)
	}
}

// admit checks what every operation on a bucket has in common: it exists, belongs to whom the caller thinks,
// and is in the Region that the request was signed for. Only its location can be asked for from anywhere.
func (s *Service) admit(w http.ResponseWriter, c *wire.Call, operation string) error {
	name, _ := target(c)
	if operation == "" {
		return nil
	}
	b, err := s.checker().existing(name)
	if err != nil {
		return err
	}
	w.Header().Set("X-Amz-Bucket-Region", b.Region)
	if owner := c.HTTP.Header.Get("X-Amz-Expected-Bucket-Owner"); owner != "" && owner != b.Account {
		return apierr.New("AccessDenied", http.StatusForbidden, "Access Denied")
	}
	if c.Region != b.Region && operation != "GetBucketLocation" {
		return apierr.New("PermanentRedirect", http.StatusMovedPermanently,
			"The bucket you are attempting to access must be addressed using the specified endpoint. Please send all future requests to this endpoint.")
	}
	return nil
}
