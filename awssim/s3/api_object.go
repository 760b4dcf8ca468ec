package s3

import (
	"bytes"
	"encoding/xml"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"time"

	"rekey/awssim/apierr"
	"rekey/awssim/journal"
	"rekey/awssim/wire"
	"rekey/awssim/wire/restxml"
)

// The headers of server-side encryption.
const (
	headerSSE       = "X-Amz-Server-Side-Encryption"
	headerSSEKey    = headerSSE + "-Aws-Kms-Key-Id"
	headerBucketKey = headerSSE + "-Bucket-Key-Enabled"
)

// serveObject answers GetObject and HeadObject, with ranges and preconditions as net/http knows them. HEAD
// needs kms:Decrypt only when it asks for checksums (Amazon S3 API Reference, HeadObject).
func (s *Service) serveObject(w http.ResponseWriter, c *wire.Call, operation string) error {
	bucket, key := target(c)
	h := c.HTTP.Header
	for name := range h {
		if strings.HasPrefix(name, headerSSE) {
			return argument("Server-side encryption headers are not for reading objects")
		}
	}
	if err := onlyVersion(c); err != nil {
		return err
	}
	checksums := h.Get("X-Amz-Checksum-Mode") == "ENABLED"
	o, err := s.read(c.Principal, bucket, key, operation == "GetObject" || checksums)
	if err != nil {
		return err
	}
	out := w.Header()
	for name, value := range o.Header {
		if checksums || !strings.HasPrefix(name, "X-Amz-Checksum-") {
			out.Set(name, value)
		}
	}
	if out.Get("Content-Type") == "" {
		out.Set("Content-Type", "binary/octet-stream")
	}
	for name, values := range c.HTTP.URL.Query() {
		if field, ok := strings.CutPrefix(name, "response-"); ok {
			out.Set(field, values[0])
		}
	}
	out.Set("ETag", o.ETag)
	showEncryption(out, o.Encryption)
	http.ServeContent(w, c.HTTP, "", o.LastModified, bytes.NewReader(o.Body))
	return nil
}

// onlyVersion refuses versions other than the one that there is.
func onlyVersion(c *wire.Call) error {
	if v := c.HTTP.URL.Query().Get("versionId"); v != "" && v != "null" {
		return apierr.New("NoSuchVersion", http.StatusNotFound, "The specified version does not exist.")
	}
	return nil
}

func showEncryption(h http.Header, e Encryption) {
	h.Set(headerSSE, e.Algorithm)
	if e.KeyARN != "" {
		h.Set(headerSSEKey, e.KeyARN)
	}
	if e.BucketKey {
		h.Set(headerBucketKey, "true")
	}
}

// readEncryption reads the encryption that a request asks for. A key may be given by id or alias, which is then
// one of the requester's account.
func (s *Service) readEncryption(c *wire.Call) (Encryption, error) {
	h := c.HTTP.Header
	for name := range h {
		if strings.HasPrefix(name, headerSSE+"-Customer-") || name == headerSSE+"-Context" {
			return Encryption{}, restxml.Protocol{}.Failure(wire.UnknownOperation, name+" is not simulated")
		}
	}
	e := Encryption{Algorithm: h.Get(headerSSE)}
	if id := h.Get(headerSSEKey); id != "" {
		bucket, _ := target(c)
		b, _ := s.Bucket(bucket)
		e.KeyARN = s.KMS.Resolve(c.Principal.Account, b.Region, id)
		if e.KeyARN == "" {
			return e, apierr.New("KMS.NotFoundException", http.StatusBadRequest, "Alias %s is not found.", id)
		}
	}
	return e, nil
}

func (s *Service) putObject(w http.ResponseWriter, c *wire.Call) error {
	bucket, key := target(c)
	e, err := s.readEncryption(c)
	if err != nil {
		return err
	}
	if err := checkDigests(c); err != nil {
		return err
	}
	if none := c.HTTP.Header.Get("If-None-Match"); none != "" {
		if _, exists := s.Stat(bucket, key); exists && none == "*" {
			return apierr.New("PreconditionFailed", http.StatusPreconditionFailed, "At least one of the pre-conditions you specified did not hold")
		}
	}
	o, err := s.PutObject(c.Principal, PutInput{
		Bucket: bucket, Key: key, Body: c.Body, Encryption: e, Header: kept(c.HTTP.Header),
	})
	if err != nil {
		return err
	}
	s.wrote(c, o, "")
	w.Header().Set("ETag", o.ETag)
	for name, value := range o.Header {
		if strings.HasPrefix(name, "X-Amz-Checksum-") {
			w.Header().Set(name, value)
		}
	}
	showEncryption(w.Header(), o.Encryption)
	w.WriteHeader(http.StatusOK)
	return nil
}

// kept are the headers of an upload that come back with the object.
func kept(h http.Header) map[string]string {
	keep := map[string]string{}
	for _, name := range []string{"Content-Type", "Cache-Control", "Content-Disposition", "Content-Language", "Expires"} {
		if v := h.Get(name); v != "" {
			keep[name] = v
		}
	}
	for name := range h {
		if strings.HasPrefix(name, "X-Amz-Meta-") || isChecksum(name) {
			keep[name] = h.Get(name)
		}
	}
	return keep
}

func (s *Service) copyObject(w http.ResponseWriter, c *wire.Call) error {
	bucket, key := target(c)
	srcBucket, srcKey, err := copySource(c.HTTP.Header.Get("X-Amz-Copy-Source"))
	if err != nil {
		return err
	}
	e, err := s.readEncryption(c)
	if err != nil {
		return err
	}
	replace := c.HTTP.Header.Get("X-Amz-Metadata-Directive") == "REPLACE"
	if srcBucket == bucket && srcKey == key && !replace && e == (Encryption{}) {
		return apierr.New("InvalidRequest", http.StatusBadRequest, "This copy request is illegal because it is trying to copy an object to itself without changing the object's metadata, storage class, website redirect location or encryption attributes.")
	}
	source, err := s.GetObject(c.Principal, srcBucket, srcKey)
	if err != nil {
		return err
	}
	in := PutInput{Bucket: bucket, Key: key, Body: source.Body, Encryption: e, Header: maps.Clone(source.Header)}
	if replace {
		in.Header = kept(c.HTTP.Header)
	}
	o, err := s.PutObject(c.Principal, in)
	if err != nil {
		return err
	}
	s.wrote(c, o, srcBucket+"/"+srcKey)
	showEncryption(w.Header(), o.Encryption)
	restxml.Write(w, http.StatusOK, struct {
		XMLName            xml.Name
		LastModified, ETag string
	}{xml.Name{Space: namespace, Local: "CopyObjectResult"}, o.LastModified.UTC().Format(time.RFC3339), o.ETag})
	return nil
}

// deleteObject answers alike whether or not there was an object (Amazon S3 API Reference, DeleteObject).
func (s *Service) deleteObject(w http.ResponseWriter, c *wire.Call) error {
	bucket, key := target(c)
	if err := onlyVersion(c); err != nil {
		return err
	}
	k := s.checker()
	b, err := k.existing(bucket)
	if err != nil {
		return err
	}
	if err := k.ask(c.Principal, "s3:DeleteObject", b, key, nil); err != nil {
		return err
	}
	if s.remove(bucket, key) {
		s.Journal.Add(journal.Entry{
			Time: s.Clock.Now(), Kind: journal.Mutation, Account: b.Account, Region: b.Region, Principal: c.Principal.ARN,
			Action: "s3:DeleteObject", Resource: arnPrefix + bucket + "/" + key,
		})
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// copySource reads X-Amz-Copy-Source: bucket/key, percent-encoded, perhaps with a slash in front and the only
// version behind.
func copySource(header string) (bucket, key string, err error) {
	path, version, _ := strings.Cut(header, "?versionId=")
	path, err = url.PathUnescape(strings.TrimPrefix(path, "/"))
	bucket, key, ok := strings.Cut(path, "/")
	if err != nil || !ok || bucket == "" || key == "" || version != "" && version != "null" {
		return "", "", argument("Copy Source must mention the source bucket and key: sourcebucket/sourcekey")
	}
	return bucket, key, nil
}

// wrote puts an upload by a client into the journal. Canaries' artifacts are not journaled one by one.
func (s *Service) wrote(c *wire.Call, o Object, source string) {
	b, _ := s.Bucket(o.Bucket)
	detail := map[string]string{"encryption": o.Encryption.Algorithm, "key": o.Encryption.KeyARN}
	if source != "" {
		detail["copySource"] = source
	}
	s.Journal.Add(journal.Entry{
		Time: s.Clock.Now(), Kind: journal.Mutation, Account: b.Account, Region: b.Region, Principal: c.Principal.ARN,
		Action: "s3:PutObject", Resource: arnPrefix + o.Bucket + "/" + o.Key, Detail: detail,
	})
}
