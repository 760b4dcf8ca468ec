package s3

import (
	"encoding/xml"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"rekey/awssim/apierr"
	"rekey/awssim/wire"
	"rekey/awssim/wire/restxml"
)

type ownerXML struct{ ID string }

type contentsXML struct {
	Key, LastModified, ETag string
	Size                    int64
	StorageClass            string
	Owner                   *ownerXML `xml:",omitempty"`
}

type prefixXML struct{ Prefix string }

type listXML struct {
	XMLName               xml.Name
	Name, Prefix          string
	Delimiter             string `xml:",omitempty"`
	StartAfter            string `xml:",omitempty"`
	EncodingType          string `xml:",omitempty"`
	MaxKeys, KeyCount     int
	IsTruncated           bool
	ContinuationToken     string `xml:",omitempty"`
	NextContinuationToken string `xml:",omitempty"`
	Contents              []contentsXML
	CommonPrefixes        []prefixXML
}

// maxKeys is the most objects and common prefixes of a page (Amazon S3 API Reference, ListObjectsV2).
const maxKeys = 1000

func readListing(q url.Values) (listing, error) {
	l := listing{prefix: q.Get("prefix"), delimiter: q.Get("delimiter"), max: maxKeys}
	if after := q.Get("start-after"); after != "" {
		l.from = after + "\x00"
	}
	if q.Has("continuation-token") {
		from, ok := readToken(q.Get("continuation-token"))
		if !ok {
			return l, argument("The continuation token provided is incorrect")
		}
		l.from = from
	}
	if text := q.Get("max-keys"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 0 {
			return l, argument("Argument maxKeys must be an integer between 0 and 2147483647")
		}
		l.max = min(n, maxKeys)
	}
	if encoding := q.Get("encoding-type"); encoding != "" && encoding != "url" {
		return l, argument("Invalid Encoding Method specified in Request")
	}
	return l, nil
}

func argument(message string) error {
	return apierr.New("InvalidArgument", http.StatusBadRequest, "%s", message)
}

func (s *Service) listObjects(w http.ResponseWriter, c *wire.Call) error {
	q := c.HTTP.URL.Query()
	l, err := readListing(q)
	if err != nil {
		return err
	}
	context := map[string]string{"s3:prefix": l.prefix, "s3:max-keys": strconv.Itoa(l.max)}
	if l.delimiter != "" {
		context["s3:delimiter"] = l.delimiter
	}
	b, settings, err := s.allowed(c, "s3:ListBucket", context)
	if err != nil {
		return err
	}
	var p page
	if l.max > 0 {
		p = b.list(l)
	}
	restxml.Write(w, http.StatusOK, showPage(settings, l, p, q))
	return nil
}

func showPage(b Bucket, l listing, p page, q url.Values) listXML {
	encode := func(key string) string { return key }
	if q.Get("encoding-type") == "url" {
		encode = func(key string) string { return strings.ReplaceAll(url.QueryEscape(key), "%2F", "/") }
	}
	answer := listXML{
		XMLName: xml.Name{Space: namespace, Local: "ListBucketResult"}, Name: b.Name, Prefix: encode(l.prefix),
		Delimiter: encode(l.delimiter), StartAfter: encode(q.Get("start-after")), EncodingType: q.Get("encoding-type"),
		MaxKeys: l.max, KeyCount: len(p.objects) + len(p.prefixes), IsTruncated: p.next != "",
		ContinuationToken: q.Get("continuation-token"), NextContinuationToken: token(p.next),
	}
	for _, o := range p.objects {
		shown := contentsXML{
			Key: encode(o.Key), LastModified: o.LastModified.UTC().Format("2006-01-02T15:04:05.000Z"), ETag: o.ETag,
			Size: o.Size, StorageClass: "STANDARD",
		}
		if q.Get("fetch-owner") == "true" {
			shown.Owner = &ownerXML{ID: b.Account}
		}
		answer.Contents = append(answer.Contents, shown)
	}
	for _, prefix := range p.prefixes {
		answer.CommonPrefixes = append(answer.CommonPrefixes, prefixXML{encode(prefix)})
	}
	return answer
}
