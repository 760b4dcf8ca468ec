package kms

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/binary"
	"encoding/json"
	"slices"

	"rekey/awssim/wire"
)

type generateDataKeyIn struct {
	KeyID             string `json:"KeyId"`
	EncryptionContext map[string]string
	NumberOfBytes     *int
	KeySpec           string
	GrantTokens       []string
	DryRun            bool
	Recipient         json.RawMessage
}

type generateDataKeyOut struct {
	CiphertextBlob, Plaintext []byte
	KeyID                     string `json:"KeyId"`
}

func (in generateDataKeyIn) size() (int, error) {
	switch {
	case in.Recipient != nil:
		return 0, invalid("Recipient is not simulated")
	case in.KeySpec == "AES_256" && in.NumberOfBytes == nil:
		return 32, nil
	case in.KeySpec == "AES_128" && in.NumberOfBytes == nil:
		return 16, nil
	case in.KeySpec == "" && in.NumberOfBytes != nil:
		return *in.NumberOfBytes, nil
	}
	return 0, invalid("Please specify either number of bytes or key spec.")
}

func (s *Service) generateDataKey(c *wire.Call, in generateDataKeyIn) (generateDataKeyOut, error) {
	size, err := in.size()
	if err != nil {
		return generateDataKeyOut{}, err
	}
	ref, err := s.resolve(c, in.KeyID, true)
	if err != nil {
		return generateDataKeyOut{}, err
	}
	k, err := s.useDirectly(c, "GenerateDataKey", ref, in.EncryptionContext, in.GrantTokens)
	if err != nil {
		return generateDataKeyOut{}, err
	}
	if in.DryRun {
		return generateDataKeyOut{}, wouldSucceed()
	}
	plain := make([]byte, size)
	_, _ = rand.Read(plain) // never fails (crypto/rand)
	return generateDataKeyOut{CiphertextBlob: k.wrap(plain, in.EncryptionContext), Plaintext: plain, KeyID: k.arn}, nil
}

// useDirectly is Use for an API caller.
func (s *Service) useDirectly(c *wire.Call, operation string, ref reference, context map[string]string, tokens []string) (*key, error) {
	condition, err := grantTokens(tokens)
	if err != nil {
		return nil, err
	}
	err = s.Use(Use{
		Principal: c.Principal, KeyARN: ref.arn, Region: c.Region, Operation: operation, Context: context,
		tokens: condition[tokensKey],
	})
	return s.find(ref.arn), err
}

type decryptIn struct {
	CiphertextBlob      []byte
	KeyID               string `json:"KeyId"`
	EncryptionContext   map[string]string
	EncryptionAlgorithm string
	GrantTokens         []string
	DryRun              bool
	DryRunModifiers     []string
	Recipient           json.RawMessage
}

type decryptOut struct {
	KeyID               string `json:"KeyId"`
	EncryptionAlgorithm string
	Plaintext           []byte
}

func (s *Service) decrypt(c *wire.Call, in decryptIn) (decryptOut, error) {
	ignore := in.DryRun && slices.Contains(in.DryRunModifiers, "IGNORE_CIPHERTEXT")
	switch {
	case in.Recipient != nil:
		return decryptOut{}, invalid("Recipient is not simulated")
	case len(in.DryRunModifiers) > 0 && !in.DryRun:
		return decryptOut{}, invalid("DryRunModifiers need DryRun")
	case in.EncryptionAlgorithm != "" && in.EncryptionAlgorithm != "SYMMETRIC_DEFAULT":
		return decryptOut{}, fault("InvalidKeyUsageException", "EncryptionAlgorithm %s is not the key's", in.EncryptionAlgorithm)
	case ignore && in.KeyID == "", !ignore && len(in.CiphertextBlob) == 0:
		return decryptOut{}, invalid("Decrypt needs a CiphertextBlob, or a KeyId when a dry run ignores it")
	}
	ref, err := s.cipherKey(c, in, ignore)
	if err != nil {
		return decryptOut{}, err
	}
	k, err := s.useDirectly(c, "Decrypt", ref, in.EncryptionContext, in.GrantTokens)
	if err != nil {
		return decryptOut{}, err
	}
	if ignore {
		return decryptOut{}, wouldSucceed()
	}
	plain, ok := k.unwrap(in.CiphertextBlob, in.EncryptionContext)
	switch {
	case !ok:
		return decryptOut{}, fault("InvalidCiphertextException", "")
	case in.DryRun:
		return decryptOut{}, wouldSucceed()
	}
	return decryptOut{KeyID: k.arn, EncryptionAlgorithm: "SYMMETRIC_DEFAULT", Plaintext: plain}, nil
}

// cipherKey is the key that a ciphertext was made with, which must be the one that is named if any is.
func (s *Service) cipherKey(c *wire.Call, in decryptIn, ignore bool) (reference, error) {
	var named reference
	if in.KeyID != "" {
		var err error
		if named, err = s.resolve(c, in.KeyID, true); err != nil || ignore {
			return named, err
		}
	}
	arn, _, ok := openBlob(in.CiphertextBlob)
	switch {
	case !ok || s.find(arn) == nil:
		return reference{}, fault("InvalidCiphertextException", "")
	case in.KeyID == "":
		return reference{arn: arn}, nil
	case named.arn != arn:
		return reference{}, fault("IncorrectKeyException", "The key ID in the request does not identify a CMK that can perform this operation.")
	}
	return named, nil
}

// wrap encrypts under the key: the ARN's length and the ARN, a nonce, and the sealed text, whose additional
// data is the encryption context.
func (k *key) wrap(plain []byte, context map[string]string) []byte {
	blob := binary.BigEndian.AppendUint16(nil, uint16(len(k.arn)))
	blob = append(blob, k.arn...)
	nonce := make([]byte, 12)
	_, _ = rand.Read(nonce) // never fails (crypto/rand)
	blob = append(blob, nonce...)
	return k.sealer().Seal(blob, nonce, plain, canonical(context))
}

func (k *key) unwrap(blob []byte, context map[string]string) ([]byte, bool) {
	_, sealed, ok := openBlob(blob)
	if !ok {
		return nil, false
	}
	plain, err := k.sealer().Open(nil, sealed[:12], sealed[12:], canonical(context))
	return plain, err == nil
}

// openBlob splits a ciphertext into the key's ARN, and nonce with sealed text.
func openBlob(blob []byte) (arn string, sealed []byte, ok bool) {
	if len(blob) < 2 {
		return "", nil, false
	}
	n := int(binary.BigEndian.Uint16(blob))
	if len(blob) < 2+n+12 {
		return "", nil, false
	}
	return string(blob[2 : 2+n]), blob[2+n:], true
}

func (k *key) sealer() cipher.AEAD {
	block, _ := aes.NewCipher(k.secret[:]) // fails for other lengths only
	sealer, _ := cipher.NewGCM(block)      // fails for other block sizes only
	return sealer
}

// canonical is the encryption context as bytes; encoding/json sorts the keys.
func canonical(context map[string]string) []byte {
	if len(context) == 0 {
		return nil
	}
	b, _ := json.Marshal(context) // strings always marshal
	return b
}
