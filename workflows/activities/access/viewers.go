package access

import (
	"cmp"
	"context"
	"slices"
	"strings"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"rekey/workflows"
	"rekey/workflows/arn"
	"rekey/workflows/policydoc"
)

// decrypt is what a viewer of artifacts needs.
var decrypt = []string{"kms:Decrypt"}

// surveyViewers finds, for each old key and what follows it, who can decrypt with the one and could not with the other.
func surveyViewers(ctx context.Context, v *view, in workflows.SurveyInput, survey *workflows.Survey) error {
	skip := []string{v.a.access.MemberRole(v.cell)}
	for _, use := range in.Uses {
		skip = append(skip, use.RoleARN)
	}
	for _, pair := range in.Old {
		skip = append(skip, pair.RoleARN)
	}
	for _, s := range distinct(in.Successions) {
		lost, err := v.lost(ctx, s, skip)
		if err != nil {
			return err
		}
		if len(lost.Viewers)+len(lost.Unread) > 0 {
			survey.Viewers = append(survey.Viewers, lost)
		}
	}
	return nil
}

func (v *view) lost(ctx context.Context, s workflows.Succession, skip []string) (workflows.ViewersLost, error) {
	lost := workflows.ViewersLost{Succession: s}
	candidates, err := v.readers(ctx, s.Old, &lost)
	if err != nil {
		return lost, err
	}
	for _, who := range candidates {
		if slices.Contains(skip, who.PrincipalARN) || strings.HasSuffix(who.PrincipalARN, ".amazonaws.com") {
			continue
		}
		can, err := v.canRead(ctx, who.PrincipalARN, s.New)
		if err != nil {
			return lost, err
		}
		if !can {
			lost.Viewers = append(lost.Viewers, who)
		}
	}
	slices.SortFunc(lost.Viewers, func(a, b workflows.Viewer) int { return cmp.Compare(a.PrincipalARN, b.PrincipalARN) })
	if more := len(lost.Viewers) - workflows.MaxViewers; more > 0 {
		lost.Viewers, lost.More = lost.Viewers[:workflows.MaxViewers], more
	}
	return lost, nil
}

// readers are those who can decrypt with a key, each once: by a grant, by the key's policy, or by a policy of a role of
// the cell's account that names the key. Where it can't be looked, lost says so.
func (v *view) readers(ctx context.Context, keyARN string, lost *workflows.ViewersLost) ([]workflows.Viewer, error) {
	key, err := v.key(ctx, keyARN)
	if err != nil {
		return nil, err
	}
	grants, err := key.allGrants(ctx)
	if err != nil {
		return nil, err
	}
	people, err := v.roles(ctx)
	if err != nil {
		return nil, err
	}
	found := map[string]string{}
	for _, g := range grants {
		if slices.Contains(g.Operations, types.GrantOperationDecrypt) {
			found[awssdk.ToString(g.GranteePrincipal)] = "grant " + awssdk.ToString(g.GrantId)
		}
	}
	if key.noGrants != nil {
		lost.Unread = append(lost.Unread, "the grants on "+keyARN)
	}
	if key.policy == nil {
		lost.Unread = append(lost.Unread, "the policy of "+keyARN)
	} else {
		for principal, sid := range key.policy.Named("kms:Decrypt") {
			found[principal] = "statement " + sid + " of the key's policy"
		}
	}
	if people.unread != nil {
		lost.Unread = append(lost.Unread, "the roles of account "+v.cell.Account)
	}
	for _, role := range people.byARN {
		for _, p := range role.policies {
			if mentions(p.Document, "", keyARN) && p.Identity(policydoc.Request{
				Principal: role.arn, Action: "kms:Decrypt", Resource: keyARN, Context: key.throughS3(role.arn),
			}).Effect == policydoc.Allow {
				found[role.arn] = "policy " + p.name + " of the role"
			}
		}
	}
	list := make([]workflows.Viewer, 0, len(found))
	for principal, how := range found {
		list = append(list, workflows.Viewer{PrincipalARN: principal, How: how})
	}
	return list, nil
}

// canRead reports whether a principal could read artifacts with an encryption. The AWS managed key's policy lets every
// principal of its account use it through S3, and no other; SSE-S3 needs no key.
func (v *view) canRead(ctx context.Context, principal string, e workflows.Encryption) (bool, error) {
	switch e.Mode {
	case workflows.SSES3:
		return true, nil
	case workflows.AWSManaged:
		return arn.Account(principal) == v.cell.Account, nil
	case workflows.SSEKMS:
	}
	key, err := v.key(ctx, e.KeyARN)
	if err != nil {
		return false, err
	}
	grants, err := key.grantsOf(ctx, principal)
	if err != nil {
		return false, err
	}
	for _, g := range grants {
		if slices.Contains(g.Operations, types.GrantOperationDecrypt) && g.Constraints == nil {
			return true, nil
		}
	}
	people, err := v.roles(ctx)
	if err != nil || key.policy == nil {
		return false, err
	}
	request := policydoc.Request{Principal: principal, Action: "kms:Decrypt", Resource: e.KeyARN, Context: key.throughS3(principal)}
	if key.policy.Resource(request).Effect == policydoc.Allow {
		return true, nil
	}
	role := people.byARN[principal]
	if role == nil || key.policy.Delegation(arn.Account(principal), request).Effect != policydoc.Allow {
		return false, nil
	}
	by, _ := role.allowing(decrypt, e.KeyARN, request.Context)
	return by != "", nil
}
