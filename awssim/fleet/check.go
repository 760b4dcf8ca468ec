package fleet

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"rekey/awssim/synthetics/schedule"
)

// Problem is one thing that is wrong with a fleet.
type Problem struct {
	// Path is where, in YAML's terms: $.canaries[3].role.
	Path string
	// Message is what.
	Message string
}

var accountID = regexp.MustCompile(`^\d{12}$`)

// Check finds references to nothing, values that no enumeration has, and names used twice.
func (f *Fleet) Check() []Problem {
	c := &checker{fleet: f, names: f.Names(), seen: map[string]bool{}}
	c.settings()
	c.accounts()
	c.principals()
	c.keys()
	c.buckets()
	c.canaries()
	return c.problems
}

type checker struct {
	fleet    *Fleet
	names    *Names
	seen     map[string]bool
	problems []Problem
}

func (c *checker) wrong(path, format string, args ...any) {
	c.problems = append(c.problems, Problem{"$." + path, fmt.Sprintf(format, args...)})
}

// once complains about the second of a kind.
func (c *checker) once(path, kind, name string) {
	if c.seen[kind+" "+name] {
		c.wrong(path, "%s %s exists twice", kind, name)
	}
	c.seen[kind+" "+name] = true
}

func (c *checker) account(path, ref string) {
	if c.names.Account(ref) == "" {
		c.wrong(path, "there is no account %q", ref)
	}
}

// oneOf takes the empty value, for which the default stands, as its first allowed one.
func (c *checker) oneOf(path, value string, allowed ...string) {
	if !slices.Contains(allowed, value) {
		c.wrong(path, "%q is none of %s", value, strings.Join(allowed[1:], ", "))
	}
}

func (c *checker) settings() {
	if c.fleet.TimeScale < 0 {
		c.wrong("time_scale", "must be positive")
	}
	c.oneOf("synthetics.replica_update_code", c.fleet.Synthetics.ReplicaUpdateCode, "", "ConflictException", "ValidationException")
	if m := c.fleet.Organization.Management; m != "" {
		c.account("organization.management", m)
	}
	for i, a := range c.fleet.Organization.DelegatedAdministrators {
		c.account(fmt.Sprintf("organization.delegated_administrators[%d]", i), a)
	}
}

func (c *checker) accounts() {
	if len(c.fleet.Accounts) == 0 {
		c.wrong("accounts", "there must be one at least")
	}
	for i, a := range c.fleet.Accounts {
		at := fmt.Sprintf("accounts[%d]", i)
		if !accountID.MatchString(a.ID) {
			c.wrong(at+".id", "%q isn't 12 digits", a.ID)
		}
		if a.Name == "" {
			c.wrong(at, "the account has no name")
		}
		if len(a.Regions) == 0 {
			c.wrong(at, "the account has no regions")
		}
		c.once(at+".id", "account", a.ID)
		c.once(at+".name", "account", a.Name)
	}
}

func (c *checker) principals() {
	for i, u := range c.fleet.Users {
		at := fmt.Sprintf("users[%d]", i)
		c.account(at+".account", u.Account)
		c.oneOf(at+".template", u.Template, "", "hub", "admin")
		if u.AccessKey == "" || u.Secret == "" {
			c.wrong(at, "user %s needs access_key_id and secret_access_key", u.Name)
		}
		c.once(at+".access_key_id", "access key", u.AccessKey)
	}
	for i, r := range c.fleet.Roles {
		at := fmt.Sprintf("roles[%d]", i)
		c.account(at+".account", r.Account)
		c.oneOf(at+".template", r.Template, "", "canary", "member")
		if r.Template == "" && r.Trust == "" {
			c.wrong(at, "role %s needs a template or a trust policy", r.Name)
		}
		if r.Template == "member" && r.Trust == "" && len(r.TrustedBy) == 0 {
			c.wrong(at, "member role %s needs trusted_by", r.Name)
		}
		for k, p := range r.TrustedBy {
			if c.names.Principal(p) == "" {
				c.wrong(fmt.Sprintf("%s.trusted_by[%d]", at, k), "there is no principal %q", p)
			}
		}
		c.once(at+".name", "role", c.names.Account(r.Account)+"/"+r.Name)
	}
}

func (c *checker) keys() {
	for i, k := range c.fleet.Keys {
		at := fmt.Sprintf("keys[%d]", i)
		c.account(at+".account", k.Account)
		for n, a := range k.SharedWith {
			c.account(fmt.Sprintf("%s.shared_with[%d]", at, n), a)
		}
		if k.Region == "" || k.Name == "" {
			c.wrong(at, "a key needs region and name")
		}
		c.oneOf(at+".state", k.State, "", "Enabled", "Disabled", "PendingDeletion", "PendingImport", "Unavailable")
		c.once(at+".name", "key", c.names.Account(k.Account)+"/"+k.Region+"/"+k.Name)
	}
	for i, g := range c.fleet.Grants {
		at := fmt.Sprintf("grants[%d]", i)
		if c.names.Key(g.Key, "", "") == "" {
			c.wrong(at+".key", "there is no key %q (account/region/name or an ARN)", g.Key)
		}
		if c.names.Role(g.Role, "") == "" {
			c.wrong(at+".role", "there is no role %q (account/name or an ARN)", g.Role)
		}
		if g.IssuedBy != "" {
			c.account(at+".issued_by", g.IssuedBy)
		}
	}
}

func (c *checker) buckets() {
	for i, b := range c.fleet.Buckets {
		at := fmt.Sprintf("buckets[%d]", i)
		c.account(at+".account", b.Account)
		if b.Region == "" || b.Name == "" {
			c.wrong(at, "a bucket needs region and name")
		}
		if b.Default != "" && b.Default != "AES256" && b.Default != "aws:kms" && c.names.Key(b.Default, b.Account, b.Region) == "" {
			c.wrong(at+".default", "%q is neither AES256, aws:kms nor a key", b.Default)
		}
		c.once(at+".name", "bucket", b.Name)
	}
}

func (c *checker) canaries() {
	buckets := map[string]bool{}
	for _, b := range c.fleet.Buckets {
		buckets[b.Name] = true
	}
	for i := range c.fleet.Canaries {
		k := &c.fleet.Canaries[i]
		at := fmt.Sprintf("canaries[%d]", i)
		c.account(at+".account", k.Account)
		if c.names.Role(k.Role, k.Account) == "" {
			c.wrong(at+".role", "there is no role %q", k.Role)
		}
		c.oneOf(at+".state", k.State, "", "RUNNING", "READY", "STOPPED", "ERROR")
		c.oneOf(at+".access", k.Access, "", AccessGrant, AccessRolePolicy, AccessKeyPolicy, AccessNone)
		if k.Schedule != "" {
			if _, err := schedule.Parse(k.Schedule); err != nil {
				c.wrong(at+".schedule", "%v", err)
			}
		}
		if bucket, _, _ := strings.Cut(k.Location, "/"); k.Location != "" && !buckets[bucket] {
			c.wrong(at+".location", "there is no bucket %q", bucket)
		}
		c.encryption(at, k)
		c.once(at+".name", "canary", c.names.Account(k.Account)+"/"+k.Region+"/"+k.Name)
	}
}

func (c *checker) encryption(at string, k *Canary) {
	if k.EnvironmentKey != "" && c.names.Key(k.EnvironmentKey, k.Account, k.Region) == "" {
		c.wrong(at+".environment_key", "there is no key %q", k.EnvironmentKey)
	}
	if k.Encryption == nil {
		return
	}
	c.oneOf(at+".encryption.mode", k.Encryption.Mode, "", "SSE_S3", "SSE_KMS")
	if (k.Encryption.Mode == "SSE_KMS") != (k.Encryption.Key != "") {
		c.wrong(at+".encryption", "mode SSE_KMS and key go together")
	} else if k.Encryption.Key != "" && c.names.Key(k.Encryption.Key, k.Account, k.Region) == "" {
		c.wrong(at+".encryption.key", "there is no key %q", k.Encryption.Key)
	}
}
