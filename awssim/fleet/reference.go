package fleet

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
)

// Names finds what a fleet's references mean. It holds for as long as the fleet doesn't change.
type Names struct {
	accounts map[string]string // id or name -> id
	roles    map[string]string // id/name -> ARN
	keys     map[string]string // id/region/name -> ARN
}

// Names indexes the fleet's accounts, roles and keys.
func (f *Fleet) Names() *Names {
	n := &Names{accounts: map[string]string{}, roles: map[string]string{}, keys: map[string]string{}}
	for i := range f.Accounts {
		n.accounts[f.Accounts[i].Name] = f.Accounts[i].ID
		n.accounts[f.Accounts[i].ID] = f.Accounts[i].ID
	}
	for i := range f.Roles {
		r := &f.Roles[i]
		path := r.Path
		if path == "" {
			path = "/"
		}
		id := n.accounts[r.Account]
		n.roles[id+"/"+r.Name] = "arn:aws:iam::" + id + ":role" + path + r.Name
	}
	for i := range f.Keys {
		k := &f.Keys[i]
		account, id := n.accounts[k.Account], k.ID
		if id == "" {
			id = keyID(account, k.Region, k.Name)
		}
		n.keys[account+"/"+k.Region+"/"+k.Name] = "arn:aws:kms:" + k.Region + ":" + account + ":key/" + id
	}
	return n
}

// Account is the id of an account given by id or by name; empty when there is none.
func (n *Names) Account(ref string) string { return n.accounts[ref] }

// Role is the ARN of a role given by ARN, by "account/name", or by name within an account; empty when the
// fleet has none.
func (n *Names) Role(ref, account string) string {
	if strings.HasPrefix(ref, "arn:") {
		return ref
	}
	if a, name, ok := strings.Cut(ref, "/"); ok {
		ref, account = name, a
	}
	return n.roles[n.accounts[account]+"/"+ref]
}

// Key is the ARN of a key given by ARN, by "account/region/name", or by name within an account and Region;
// empty when the fleet has none.
func (n *Names) Key(ref, account, region string) string {
	if strings.HasPrefix(ref, "arn:") {
		return ref
	}
	if parts := strings.Split(ref, "/"); len(parts) == 3 {
		account, region, ref = parts[0], parts[1], parts[2]
	}
	return n.keys[n.accounts[account]+"/"+region+"/"+ref]
}

// Principal is what a trust policy names: an ARN, "account/user/name", "account/role/name", or an account for
// its root; empty when the fleet has none.
func (n *Names) Principal(ref string) string {
	parts := strings.Split(ref, "/")
	switch {
	case strings.HasPrefix(ref, "arn:"):
		return ref
	case len(parts) == 3 && parts[1] == "user" && n.accounts[parts[0]] != "":
		return "arn:aws:iam::" + n.accounts[parts[0]] + ":user/" + parts[2]
	case len(parts) == 3 && parts[1] == "role":
		return n.Role(parts[2], parts[0])
	case len(parts) == 1 && n.accounts[ref] != "":
		return root(n.accounts[ref])
	}
	return ""
}

// keyID is a UUID that follows from the key's place and name.
func keyID(account, region, name string) string {
	sum := sha256.Sum256([]byte(account + "/" + region + "/" + name))
	h := hex.EncodeToString(sum[:16])
	return h[:8] + "-" + h[8:12] + "-4" + h[13:16] + "-8" + h[17:20] + "-" + h[20:]
}

// TargetKey is the key to which the canaries of one account and Region are to move.
type TargetKey struct{ Account, Region, ARN string }

// TargetKeys are the keys marked as targets, one entry for each account that a key serves: those that it is
// shared with, or its own when it is shared with none.
func (f *Fleet) TargetKeys() []TargetKey {
	n := f.Names()
	var out []TargetKey
	for i := range f.Keys {
		k := &f.Keys[i]
		if !k.Target {
			continue
		}
		accounts := k.SharedWith
		if len(accounts) == 0 {
			accounts = []string{k.Account}
		}
		for _, a := range accounts {
			out = append(out, TargetKey{n.Account(a), k.Region, n.Key(k.Name, k.Account, k.Region)})
		}
	}
	return out
}
