package kms

import (
	"slices"
	"strings"
	"time"

	"rekey/awssim/authz"
	"rekey/awssim/wire"
	"rekey/awssim/wire/restjson"
)

type describeKeyIn struct {
	KeyID       string `json:"KeyId"`
	GrantTokens []string
}

type keyMetadata struct {
	AWSAccountID          string `json:"AWSAccountId"`
	KeyID                 string `json:"KeyId"`
	Arn                   string
	CreationDate          restjson.Time
	Enabled               bool
	KeyState              string
	KeyUsage              string
	KeySpec               string
	CustomerMasterKeySpec string
	KeyManager            string
	Origin                string
	MultiRegion           bool
	DeletionDate          *restjson.Time `json:",omitempty"`
	EncryptionAlgorithms  []string       `json:",omitempty"`
}

type describeKeyOut struct{ KeyMetadata keyMetadata }

func (s *Service) describeKey(c *wire.Call, in describeKeyIn) (describeKeyOut, error) {
	ref, err := s.resolve(c, in.KeyID, true)
	if err != nil {
		return describeKeyOut{}, err
	}
	tokens, err := grantTokens(in.GrantTokens)
	if err != nil {
		return describeKeyOut{}, err
	}
	k, err := s.permit(c, "DescribeKey", ref, nil, tokens)
	if err != nil {
		return describeKeyOut{}, err
	}
	k.mu.RLock()
	defer k.mu.RUnlock()
	return describeKeyOut{metadata(k.key)}, nil
}

func metadata(k Key) keyMetadata {
	id := k.ARN[strings.LastIndex(k.ARN, "/")+1:]
	m := keyMetadata{
		AWSAccountID: k.Account, KeyID: id, Arn: k.ARN, CreationDate: restjson.Time(k.Created),
		Enabled: k.State == "Enabled", KeyState: k.State, KeyUsage: k.Usage, KeySpec: k.Spec,
		CustomerMasterKeySpec: k.Spec, KeyManager: k.Manager, Origin: "AWS_KMS",
		MultiRegion: strings.HasPrefix(id, "mrk-"),
	}
	if !k.DeletionDate.IsZero() {
		date := restjson.Time(k.DeletionDate)
		m.DeletionDate = &date
	}
	if k.Usage == "ENCRYPT_DECRYPT" && k.Spec == "SYMMETRIC_DEFAULT" {
		m.EncryptionAlgorithms = []string{"SYMMETRIC_DEFAULT"}
	}
	return m
}

type listAliasesIn struct {
	KeyID  string `json:"KeyId"`
	Limit  *int
	Marker string
}

type aliasEntry struct {
	AliasName    string
	AliasArn     string
	TargetKeyID  string `json:"TargetKeyId"`
	CreationDate restjson.Time
}

type listAliasesOut struct {
	Aliases    []aliasEntry
	NextMarker string `json:",omitempty"`
	Truncated  bool
}

func (s *Service) listAliases(c *wire.Call, in listAliasesIn) (listAliasesOut, error) {
	out := listAliasesOut{Aliases: []aliasEntry{}}
	limit, err := pageSize(in.Limit)
	if err != nil {
		return out, err
	}
	r := authz.Request{
		Principal: c.Principal, Action: "kms:ListAliases", Resource: "*",
		Context: map[string]string{"aws:RequestedRegion": c.Region},
	}
	if err := s.Auth.Authorize(r); err != nil {
		return out, err
	}
	only := ""
	if in.KeyID != "" {
		ref, err := s.resolve(c, in.KeyID, false)
		if err != nil {
			return out, err
		}
		if s.find(ref.arn) == nil {
			return out, notFound("Key '%s' does not exist", ref.arn)
		}
		only = ref.arn
	}
	for _, a := range s.aliasesOf(c.Principal.Account, c.Region, only) {
		if a.AliasName <= in.Marker {
			continue
		}
		if len(out.Aliases) == limit {
			out.Truncated, out.NextMarker = true, out.Aliases[limit-1].AliasName
			break
		}
		out.Aliases = append(out.Aliases, a)
	}
	return out, nil
}

// aliasesOf lists the aliases of an account in a Region by name, only those of one key when it is given.
func (s *Service) aliasesOf(account, region, keyARN string) []aliasEntry {
	prefix := "arn:aws:kms:" + region + ":" + account + ":"
	s.mu.RLock()
	defer s.mu.RUnlock()
	var list []aliasEntry
	for arn, target := range s.aliases {
		name, ok := strings.CutPrefix(arn, prefix)
		if !ok || keyARN != "" && target != keyARN {
			continue
		}
		list = append(list, aliasEntry{
			AliasName: name, AliasArn: arn, TargetKeyID: target[strings.LastIndex(target, "/")+1:],
			CreationDate: restjson.Time(s.created(target)),
		})
	}
	slices.SortFunc(list, func(a, b aliasEntry) int { return strings.Compare(a.AliasName, b.AliasName) })
	return list
}

// created is a key's creation; the lock must be held.
func (s *Service) created(arn string) (t time.Time) {
	if k := s.keys[arn]; k != nil {
		t = k.key.Created // never changes
	}
	return t
}

// pageSize is a Limit: 1-100 (AWS KMS API Reference, ListGrants; the model lets 1,000 pass), 50 when not given.
func pageSize(limit *int) (int, error) {
	if limit == nil {
		return 50, nil
	}
	if *limit > 100 {
		return 0, invalid("1 validation error detected: Value '%d' at 'limit' failed to satisfy constraint: Member must have value less than or equal to 100", *limit)
	}
	return *limit, nil
}
