package fleet

import (
	"fmt"
	"sort"
	"strings"
	"time"

	"rekey/awssim/iam"
	"rekey/awssim/kms"
	"rekey/awssim/s3"
	"rekey/awssim/synthetics"
)

// Contents is a fleet in the services' own terms, with the access that its canaries begin with.
type Contents struct {
	Users    []iam.User
	Roles    []iam.Role
	Keys     []kms.Key
	Grants   []KeyGrant
	Buckets  []s3.Bucket
	Canaries []synthetics.Canary
}

// KeyGrant is a grant and the ARN of its key.
type KeyGrant struct {
	Key   string
	Grant kms.Grant
}

// Contents resolves the fleet for a world that begins at start. It fails when Check finds a problem.
func (f *Fleet) Contents(start time.Time) (*Contents, error) {
	if p := f.Check(); len(p) > 0 {
		return nil, fmt.Errorf("fleet: %s: %s", p[0].Path, p[0].Message)
	}
	r := &resolver{fleet: f, names: f.Names(), start: start, access: map[access]bool{},
		inline: map[string][]string{}, inPolicy: map[string][]string{}, recreated: map[string]bool{}, out: &Contents{}}
	for i := range f.Roles {
		if f.Roles[i].Recreated {
			r.recreated[r.names.Role(f.Roles[i].Name, f.Roles[i].Account)] = true
		}
	}
	for i := range f.Canaries {
		if err := r.canary(i, &f.Canaries[i]); err != nil {
			return nil, err
		}
	}
	r.users()
	r.roles()
	r.keys()
	r.grants()
	r.buckets()
	return r.out, nil
}

// access is one role's way to one key.
type access struct{ role, key, how string }

type resolver struct {
	fleet    *Fleet
	names    *Names
	start    time.Time
	access   map[access]bool
	inline   map[string][]string // role -> keys that its inline policy allows
	inPolicy map[string][]string // key -> roles that its policy allows
	// recreated are the ARNs of the roles that were made anew.
	recreated map[string]bool
	defaults  []s3.Bucket // AWS's default buckets that canaries use
	out       *Contents
}

func (r *resolver) users() {
	for _, u := range r.fleet.Users {
		account := r.names.Account(u.Account)
		user := iam.User{
			ARN: "arn:aws:iam::" + account + ":user/" + u.Name, AccessKeyID: u.AccessKey, Secret: u.Secret,
			Policies: map[string]string{},
		}
		if u.Name == "root" {
			user.ARN = root(account)
		}
		switch u.Template {
		case "hub":
			user.Policies["hub"] = string(hubPolicy())
		case "admin":
			user.Policies["admin"] = string(document(allow([]string{"*"}, "*")))
		}
		for name, p := range u.Policies {
			user.Policies[name] = string(p)
		}
		r.out.Users = append(r.out.Users, user)
	}
}

func (r *resolver) roles() {
	for i := range r.fleet.Roles {
		from := &r.fleet.Roles[i]
		role := iam.Role{
			ARN: r.names.Role(from.Name, from.Account), Trust: string(from.Trust), Boundary: string(from.Boundary),
			Inline: map[string]string{}, Attached: map[string]string{}, Created: r.start.Add(-30 * 24 * time.Hour),
		}
		switch from.Template {
		case "canary":
			role.Inline["artifacts"] = string(canaryPolicy(from.Buckets))
			if role.Trust == "" {
				role.Trust = string(canaryTrust())
			}
		case "member":
			role.Inline[memberPolicyName] = string(memberPolicy())
			if role.Trust == "" {
				role.Trust = string(memberTrust(r.principals(from.TrustedBy), from.ExternalID))
			}
		}
		if from.Recreated {
			role.Created = r.start.Add(-time.Hour)
		}
		for name, p := range from.Inline {
			role.Inline[name] = string(p)
		}
		for name, p := range from.Attached {
			role.Attached[name] = string(p)
		}
		if keys := r.inline[role.ARN]; len(keys) > 0 {
			sort.Strings(keys)
			role.Inline["artifact-keys"] = string(document(allow(keys, useOfKey...)))
		}
		r.out.Roles = append(r.out.Roles, role)
	}
}

func (r *resolver) principals(refs []string) []string {
	var out []string
	for _, ref := range refs {
		out = append(out, r.names.Principal(ref))
	}
	return out
}

func (r *resolver) keys() {
	for i := range r.fleet.Keys {
		from := &r.fleet.Keys[i]
		owner := r.names.Account(from.Account)
		key := kms.Key{
			ARN: r.names.Key(from.Name, from.Account, from.Region), Policy: string(from.Policy), State: from.State,
			Spec: from.Spec, Usage: from.Usage, Aliases: []string{"alias/" + from.Name},
			Created: r.start.Add(-30 * 24 * time.Hour),
		}
		if key.Policy == "" {
			var shared []string
			for _, a := range from.SharedWith {
				if id := r.names.Account(a); id != owner {
					shared = append(shared, id)
				}
			}
			key.Policy = string(keyPolicy(owner, shared, r.inPolicy[key.ARN]))
		}
		r.out.Keys = append(r.out.Keys, key)
	}
}

func (r *resolver) grants() {
	for _, g := range r.fleet.Grants {
		grant := kms.Grant{Name: g.Name, Grantee: r.names.Role(g.Role, ""), Operations: g.Operations}
		if len(grant.Operations) == 0 {
			grant.Operations = []string{"GenerateDataKey", "Decrypt"}
		}
		issuer := r.names.Account(g.IssuedBy)
		if issuer == "" {
			issuer = accountOf(grant.Grantee)
		}
		grant.IssuingAccount = root(issuer)
		grant.GranteeID, grant.Created = r.grantee(grant.Grantee)
		r.out.Grants = append(r.out.Grants, KeyGrant{r.names.Key(g.Key, "", ""), grant})
	}
}

// earlierRole is the unique id of roles that have been made anew since.
const earlierRole = "AROAEARLIERROLE000000"

// grantee is the unique id for which a role's first grants were made, and when; empty and zero where nothing is special
// about it.
func (r *resolver) grantee(role string) (string, time.Time) {
	if r.recreated[role] {
		return earlierRole, r.start.Add(-24 * time.Hour)
	}
	return "", time.Time{}
}

func (r *resolver) buckets() {
	for _, b := range r.fleet.Buckets {
		bucket := s3.Bucket{
			Name: b.Name, Account: r.names.Account(b.Account), Region: b.Region, Policy: string(b.Policy), BucketKey: b.BucketKey,
		}
		switch b.Default {
		case "", "AES256", "aws:kms":
			bucket.Default.Algorithm = b.Default
		default:
			bucket.Default = s3.Encryption{Algorithm: "aws:kms", KeyARN: r.names.Key(b.Default, b.Account, b.Region)}
		}
		r.out.Buckets = append(r.out.Buckets, bucket)
	}
	r.out.Buckets = append(r.out.Buckets, r.defaults...)
}

func accountOf(arn string) string { return strings.Split(arn+"::::", ":")[4] }
