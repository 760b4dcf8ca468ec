package access

import (
	"context"
	"fmt"
	"slices"
	"strings"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"rekey/workflows"
	"rekey/workflows/policydoc"
)

// surveyOld lists, for each old pair, the access that may be removed and the access that stays.
func surveyOld(ctx context.Context, v *view, in workflows.SurveyInput, survey *workflows.Survey) error {
	people, err := v.roles(ctx)
	if err != nil {
		return err
	}
	for _, pair := range distinct(in.Old) {
		role := people.byARN[pair.RoleARN]
		o := old{pair: pair, foreign: in.RemoveForeign, survey: survey}
		if location, ok := strings.CutPrefix(pair.KeyARN, "s3://"); ok {
			o.location(role, location)
			continue
		}
		key, err := v.key(ctx, pair.KeyARN)
		if err != nil {
			return err
		}
		grants, err := key.grantsOf(ctx, pair.RoleARN)
		if err != nil {
			return err
		}
		if key.noGrants != nil {
			survey.Unlisted = append(survey.Unlisted, pair)
		}
		o.grants(grants)
		o.rolePolicies(role, people.unread, key)
		o.keyPolicy(key)
	}
	return nil
}

// old is the search for access to one pair.
type old struct {
	pair    workflows.Pair
	foreign bool // what rekey does not own may be listed too
	survey  *workflows.Survey
}

func (o old) remove(c workflows.AccessChange) {
	c.RoleARN, c.There = o.pair.RoleARN, true
	if c.Location == "" {
		c.KeyARN = o.pair.KeyARN
	}
	o.survey.Old = append(o.survey.Old, c)
}

func (o old) leave(c workflows.AccessChange, why string) {
	c.RoleARN, c.KeyARN, c.There, c.Foreign = o.pair.RoleARN, o.pair.KeyARN, true, true
	o.survey.Left = append(o.survey.Left, workflows.Left{Change: c, Why: why})
}

// grants lists every grant whose grantee is the role: that is what it is for, whoever made it.
func (o old) grants(grants []types.GrantListEntry) {
	for _, g := range grants {
		c := workflows.AccessChange{
			Method: workflows.ByGrant, GrantName: awssdk.ToString(g.Name), GrantID: awssdk.ToString(g.GrantId),
			Why: "rekey's grant to the role",
		}
		if !workflows.IsOwn(c.GrantName) {
			c.Foreign, c.Document, c.Why = true, termsText(g), "a grant to the role alone"
		}
		o.remove(c)
	}
}

// rolePolicies lists rekey's own policy for the key and, where that is asked for, others that give nothing but the key.
func (o old) rolePolicies(role *person, unread *workflows.Problem, key *keyView) {
	if role == nil {
		if unread != nil {
			o.leave(workflows.AccessChange{Method: workflows.ByRolePolicy}, "the policies of the role could not be read: "+unread.Message)
		}
		return
	}
	for _, p := range role.policies {
		c := workflows.AccessChange{Method: workflows.ByRolePolicy, PolicyName: p.name}
		switch {
		case p.inline && p.name == workflows.RolePolicyName(o.pair.KeyARN):
			c.Why = "rekey's policy of the role for the key"
			o.remove(c)
		case p.problem != nil:
			o.leave(c, fmt.Sprintf("policy %s of the role was not understood", p.name))
		case !mentions(p.Document, "", o.pair.KeyARN):
			if key.delegatesTo(o.pair.RoleARN) && o.isGiven(key, p.Identity) {
				o.leave(c, fmt.Sprintf("policy %s of the role gives the use of every key, the old one among them", p.name))
			}
		case !p.inline:
			o.leave(c, fmt.Sprintf("policy %s is attached to the role and may serve others", p.name))
		case !p.OnlyFor(o.pair.KeyARN):
			o.leave(c, fmt.Sprintf("policy %s of the role gives more than the use of the old key", p.name))
		case !o.foreign:
			c.Document = p.text
			o.leave(c, fmt.Sprintf("policy %s of the role is not rekey's, and the migration does not remove others' policies", p.name))
		default:
			c.Foreign, c.Document, c.Why = true, p.text, "a policy of the role that gives nothing but the old key"
			o.remove(c)
		}
	}
}

// keyPolicy lists the role's place in rekey's statement and, where that is asked for, others' statements for the role
// alone. A statement for the account as a whole is no access of the role's: it leaves it to the role's policies.
func (o old) keyPolicy(key *keyView) {
	if key.policy == nil {
		o.leave(workflows.AccessChange{Method: workflows.ByKeyPolicy}, "the key's policy could not be read: "+key.noPolicy.Message)
		return
	}
	for _, s := range key.policy.Statements {
		c := workflows.AccessChange{Method: workflows.ByKeyPolicy, Sid: s.Sid}
		switch {
		case s.Sid == workflows.KeyPolicySid && slices.Contains(s.Principals, o.pair.RoleARN):
			c.Why = "rekey's statement of the key's policy names the role"
			o.remove(c)
		case s.Sid == workflows.KeyPolicySid || !s.Allows:
		case !slices.Contains(s.Principals, o.pair.RoleARN):
			if o.isGiven(key, policydoc.Document{Statements: []policydoc.Statement{s}}.Resource) {
				o.leave(c, fmt.Sprintf("statement %q of the key's policy gives the use of the key to everyone, or everyone but some", s.Sid))
			}
		case !s.OnlyUse(o.pair.RoleARN) || s.Sid == "":
			o.leave(c, fmt.Sprintf("statement %q of the key's policy names the role among others, gives more than its use, or has no Sid", s.Sid))
		case !o.foreign:
			c.Document = string(s.Raw)
			o.leave(c, fmt.Sprintf("statement %q of the key's policy is not rekey's, and the migration does not remove others' statements", s.Sid))
		default:
			c.Foreign, c.Document, c.Why = true, string(s.Raw), "a statement of the key's policy for the role alone"
			o.remove(c)
		}
	}
}

// isGiven reports whether a policy gives the role some use of the key, or may.
func (o old) isGiven(key *keyView, by func(policydoc.Request) policydoc.Decision) bool {
	return slices.ContainsFunc(actions, func(action string) bool {
		effect := by(policydoc.Request{
			Principal: o.pair.RoleARN, Action: action, Resource: o.pair.KeyARN, Context: key.throughS3(o.pair.RoleARN),
		}).Effect
		return effect == policydoc.Allow || effect == policydoc.Doubtful
	})
}

// location lists rekey's own policy of the role for an artifact location.
func (o old) location(role *person, location string) {
	if role == nil {
		return
	}
	name := workflows.RolePolicyName(location)
	if slices.ContainsFunc(role.policies, func(p named) bool { return p.inline && p.name == name }) {
		o.remove(workflows.AccessChange{
			Method: workflows.ByRolePolicy, Location: location, PolicyName: name, Why: "rekey's policy of the role for the old location",
		})
	}
}

// mentions reports whether a document allows a principal some use of a key, conditions aside, by naming the key.
func mentions(d policydoc.Document, principal, key string) bool {
	return slices.ContainsFunc(d.Statements, func(s policydoc.Statement) bool {
		uses := s.Mentions(principal, "kms:Decrypt", key) || s.Mentions(principal, "kms:GenerateDataKey", key)
		return s.Allows && uses && !slices.Contains(s.Resources, "*")
	})
}
