package s3

import (
	"encoding/xml"
	"net/http"

	"rekey/awssim/apierr"
	"rekey/awssim/wire"
	"rekey/awssim/wire/restxml"
)

const namespace = "http://s3.amazonaws.com/doc/2006-03-01/"

// allowed is the call's bucket, when its principal may do the action on it.
func (s *Service) allowed(c *wire.Call, action string, context map[string]string) (*bucket, Bucket, error) {
	name, _ := target(c)
	k := s.checker()
	settings, err := k.existing(name)
	if err != nil {
		return nil, settings, err
	}
	return s.find(name), settings, k.ask(c.Principal, action, settings, "", context)
}

func (s *Service) headBucket(w http.ResponseWriter, c *wire.Call) error {
	_, _, err := s.allowed(c, "s3:ListBucket", nil)
	if err == nil {
		w.WriteHeader(http.StatusOK)
	}
	return err
}

func (s *Service) getBucketLocation(w http.ResponseWriter, c *wire.Call) error {
	_, b, err := s.allowed(c, "s3:GetBucketLocation", nil)
	if err != nil {
		return err
	}
	location := b.Region
	if location == "us-east-1" {
		location = "" // Amazon S3 API Reference, GetBucketLocation
	}
	restxml.Write(w, http.StatusOK, struct {
		XMLName xml.Name
		Region  string `xml:",chardata"`
	}{xml.Name{Space: namespace, Local: "LocationConstraint"}, location})
	return nil
}

func (s *Service) getBucketPolicy(w http.ResponseWriter, c *wire.Call) error {
	_, b, err := s.allowed(c, "s3:GetBucketPolicy", nil)
	switch {
	case err != nil:
		return err
	case b.Account != c.Principal.Account:
		return apierr.New("MethodNotAllowed", http.StatusMethodNotAllowed, "The specified method is not allowed against this resource.")
	case b.Policy == "":
		return apierr.New("NoSuchBucketPolicy", http.StatusNotFound, "The bucket policy does not exist")
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write([]byte(b.Policy))
	return nil
}

type encryptionXML struct {
	XMLName xml.Name
	Rule    struct {
		ApplyServerSideEncryptionByDefault struct {
			SSEAlgorithm   string
			KMSMasterKeyID string `xml:",omitempty"`
		}
		BucketKeyEnabled bool
	}
}

func (s *Service) getBucketEncryption(w http.ResponseWriter, c *wire.Call) error {
	_, b, err := s.allowed(c, "s3:GetEncryptionConfiguration", nil)
	if err != nil {
		return err
	}
	answer := encryptionXML{XMLName: xml.Name{Space: namespace, Local: "ServerSideEncryptionConfiguration"}}
	answer.Rule.ApplyServerSideEncryptionByDefault.SSEAlgorithm = b.Default.Algorithm
	answer.Rule.ApplyServerSideEncryptionByDefault.KMSMasterKeyID = b.Default.KeyARN
	answer.Rule.BucketKeyEnabled = b.BucketKey
	restxml.Write(w, http.StatusOK, answer)
	return nil
}
