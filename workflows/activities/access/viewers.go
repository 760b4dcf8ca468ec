package access

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"rekey/workflows"
	"rekey/workflows/arn"
	"rekey/workflows/policydoc"
)

// decrypt is what a viewer of artifacts needs.
var decrypt = []string{"kms:Decrypt"}

// surveyViewers finds, for each old key and what follows it, who can decrypt with the one and could not with the other.
func surveyViewers(ctx context.Context, v *view, in workflows.SurveyInput, survey *workflows.Survey) error {
	var skip []string
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
		member := v.a.access.MemberRole(workflows.Cell{Account: arn.Account(who.PrincipalARN), Region: v.cell.Region})
		if who.PrincipalARN == member || slices.Contains(skip, who.PrincipalARN) || strings.HasSuffix(who.PrincipalARN, ".amazonaws.com") {
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
	granted, err := key.letsDecrypt(ctx, principal)
	if granted || err != nil || key.policy == nil {
		return granted, err
	}
	request := policydoc.Request{Principal: principal, Action: "kms:Decrypt", Resource: e.KeyARN, Context: key.throughS3(principal)}
	if key.policy.Resource(request).Effect == policydoc.Allow {
		return true, nil
	}
	if key.policy.Delegation(arn.Account(principal), request).Effect != policydoc.Allow {
		return false, nil
	}
	if strings.HasSuffix(principal, ":root") {
		return true, nil // it is the account's policies that give it, under this key as under the other
	}
	people, err := v.rolesOf(ctx, arn.Account(principal))
	if err != nil || people.byARN[principal] == nil {
		return false, err
	}
	by, _ := people.byARN[principal].allowing(decrypt, e.KeyARN, request.Context)
	return by != "", nil
}

// letsDecrypt reports whether a grant without constraints lets a principal decrypt.
func (k *keyView) letsDecrypt(ctx context.Context, principal string) (bool, error) {
	if principal == everyone {
		return false, nil
	}
	grants, err := k.grantsOf(ctx, principal)
	return slices.ContainsFunc(grants, func(g types.GrantListEntry) bool {
		return slices.Contains(g.Operations, types.GrantOperationDecrypt) && g.Constraints == nil
	}), err
}
