package access

import (
	"context"
	"fmt"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"rekey/workflows"
	"rekey/workflows/arn"
	"rekey/workflows/aws"
	"rekey/workflows/failure"
	"rekey/workflows/policydoc"
)

// actions are what a role needs on the key of its artifacts, as policies name it.
var actions = []string{"kms:GenerateDataKey", "kms:Decrypt"}

// surveyRoutes finds out, for each role and new key, how they can come together.
func surveyRoutes(ctx context.Context, v *view, in workflows.SurveyInput, survey *workflows.Survey) error {
	var pairs []workflows.Pair
	for _, use := range in.Uses {
		if use.Encryption.Mode == workflows.SSEKMS {
			pairs = append(pairs, workflows.Pair{RoleARN: use.RoleARN, KeyARN: use.Encryption.KeyARN})
		}
	}
	for _, pair := range distinct(pairs) {
		route, err := v.route(ctx, pair)
		if err != nil {
			return err
		}
		survey.Routes = append(survey.Routes, route)
	}
	return nil
}

func (v *view) route(ctx context.Context, pair workflows.Pair) (workflows.Route, error) {
	route := workflows.Route{Pair: pair}
	key, err := v.key(ctx, pair.KeyARN)
	if err != nil {
		return route, err
	}
	people, err := v.roles(ctx)
	if err != nil {
		return route, err
	}
	role := people.byARN[pair.RoleARN]
	route.Foreign = arn.Account(pair.KeyARN) != arn.Account(pair.RoleARN)
	route.ReadablePolicy = key.policy != nil
	route.GrantName = workflows.GrantName(pair.RoleARN, idOf(role), pair.KeyARN)
	if err := v.assess(ctx, &route, key, role); err != nil {
		return route, err
	}
	route.RolePolicy = roomInRole(people, role, pair)
	route.KeyPolicySize, route.KeyPolicy = roomInKey(key, pair)
	if route.GrantID == "" {
		route.Grant, err = v.mayGrant(ctx, key, route)
	}
	return route, err
}

func idOf(role *person) string {
	if role == nil {
		return ""
	}
	return role.id
}

// assess finds what access there is: by a grant, by the key's policy, or by a role's policy to which the key's policy
// leaves it; for a key of another account by a grant from the role's account, or by both policies (KMS Developer Guide,
// policy-evaluation and key-policy-modifying-external-accounts).
func (v *view) assess(ctx context.Context, route *workflows.Route, key *keyView, role *person) error {
	pair, s3 := route.Pair, key.throughS3(route.Pair.RoleARN)
	byRole := ""
	if role != nil {
		var denied string
		if byRole, denied = role.allowing(actions, pair.KeyARN, s3); denied != "" {
			route.Denied = barred(pair, denied)
		}
		own := ownPolicy(pair.RoleARN, pair.KeyARN, "")
		route.PolicyThere, route.RolePolicyGrowth = givesOwn(role, own), inlineGrowth(role, own)
	}
	byKey := ""
	if key.policy != nil {
		byKey, route.Delegated = policyWays(key, pair, s3)
		if denied := deniedByKey(key, pair, s3); denied != "" {
			route.Denied = barred(pair, denied)
		}
		route.StatementThere = inOwnStatement(*key.policy, pair.RoleARN)
	}
	grants, err := key.grantsOf(ctx, pair.RoleARN)
	if err != nil {
		return err
	}
	if own := ownGrant(grants, route.GrantName); own != nil {
		route.GrantID = awssdk.ToString(own.GrantId)
	}
	route.Effective = strongest(route, effectiveGrant(grants, route, role), byKey, byRole)
	return nil
}

// strongest is, of what lets the role use the key, that which suffices by itself.
func strongest(route *workflows.Route, byGrant, byKey, byRole string) string {
	switch {
	case route.Denied != nil:
		return ""
	case byGrant != "":
		return "grant " + byGrant
	case !route.Foreign && byKey != "":
		return byKey
	case route.Delegated && byRole != "":
		return byRole
	}
	return ""
}

// policyWays are the statement of the key's policy that lets the role use it, and whether it leaves that to policies of
// the role's account.
func policyWays(key *keyView, pair workflows.Pair, s3 policydoc.Context) (by string, delegated bool) {
	request := func(action string) policydoc.Request {
		return policydoc.Request{Principal: pair.RoleARN, Action: action, Resource: pair.KeyARN, Context: s3}
	}
	if allowsAll(actions, func(a string) bool { return key.policy.Resource(request(a)).Effect == policydoc.Allow }) {
		by = "statement " + key.policy.Resource(request(actions[0])).Sid + " of the key's policy"
	}
	return by, allowsAll(actions, func(a string) bool {
		return key.policy.Delegation(arn.Account(pair.RoleARN), request(a)).Effect == policydoc.Allow
	})
}

func deniedByKey(key *keyView, pair workflows.Pair, s3 policydoc.Context) string {
	for _, action := range actions {
		d := key.policy.Resource(policydoc.Request{Principal: pair.RoleARN, Action: action, Resource: pair.KeyARN, Context: s3})
		if d.Effect == policydoc.Deny {
			return fmt.Sprintf("statement %q of the key's policy denies it %s", d.Sid, action)
		}
	}
	return ""
}

// effectiveGrant is the id of a grant that gives the role all it needs: without constraints, made for this role and not
// for an earlier one of its name and, for a key of another account, made from the role's account.
func effectiveGrant(grants []types.GrantListEntry, route *workflows.Route, role *person) string {
	for _, g := range grants {
		earlier := role != nil && g.CreationDate != nil && g.CreationDate.Before(role.created)
		elsewhere := route.Foreign && accountOf(awssdk.ToString(g.IssuingAccount)) != arn.Account(route.Pair.RoleARN)
		if g.Constraints == nil && allows(g, operations) && !earlier && !elsewhere {
			return awssdk.ToString(g.GrantId)
		}
	}
	return ""
}

// accountOf is an account's number, given as such or as the ARN of its root, as KMS tells who issued a grant.
func accountOf(s string) string {
	if number := arn.Account(s); number != "" {
		return number
	}
	return s
}

// mayGrant asks KMS whether rekey could make its grant, without making it (KMS API, CreateGrant, DryRun). It is asked for each role of
// a cell, and a survey that fails begins anew.
func (v *view) mayGrant(ctx context.Context, key *keyView, route workflows.Route) (*workflows.Problem, error) {
	in := v.a.grantInput(v.cell, workflows.AccessChange{
		Method: workflows.ByGrant, RoleARN: route.Pair.RoleARN, KeyARN: route.Pair.KeyARN, GrantName: route.GrantName,
	})
	in.DryRun = awssdk.Bool(true)
	_, err := key.api.CreateGrant(ctx, in, func(o *kms.Options) { o.RetryMaxAttempts = aws.PatientAttempts })
	if err == nil || aws.Code(err) == "DryRunOperationException" {
		if key.noGrants != nil {
			return key.noGrants, nil // it could be neither read back nor taken back
		}
		return nil, nil
	}
	problem, retry := aws.Classify(key.call("kms:CreateGrant"), err)
	if retry || problem.Reason == workflows.CellNotReachable || problem.Reason == workflows.Internal {
		return nil, failure.Classified(problem, retry)
	}
	return problem, nil
}

// effective is the access to a key that a role has, in words; empty when it has none.
func (a *Activities) effective(ctx context.Context, cell workflows.Cell, pair workflows.Pair) (string, error) {
	v := a.view(cell)
	key, err := v.key(ctx, pair.KeyARN)
	if err != nil {
		return "", err
	}
	people, err := v.roles(ctx)
	if err != nil {
		return "", err
	}
	role := people.byARN[pair.RoleARN]
	route := workflows.Route{Pair: pair, Foreign: key.isForeign(), GrantName: workflows.GrantName(pair.RoleARN, idOf(role), pair.KeyARN)}
	err = v.assess(ctx, &route, key, role)
	return route.Effective, err
}

func barred(pair workflows.Pair, why string) *workflows.Problem {
	return &workflows.Problem{
		Reason:   workflows.AccessDenied,
		Message:  fmt.Sprintf("role %s can't use the key whatever it is given: %s", pair.RoleARN, why),
		NextStep: "Mend the policy that denies it, and create the migration anew.",
		Metadata: map[string]string{"role_arn": pair.RoleARN, "kms_key_arn": pair.KeyARN},
	}
}
