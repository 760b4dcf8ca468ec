package access

import (
	"context"
	"fmt"
	"slices"
	"strings"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"rekey/workflows"
	"rekey/workflows/arn"
	"rekey/workflows/policydoc"
)

// everyone is how a key's policy names all principals of all accounts.
const everyone = "*"

// maxCondition is how many bytes of a statement's conditions a plan tells.
const maxCondition = 160

// readers are those who can decrypt with a key, or may, each once: by a grant, by the key's policy, or by a policy that
// names the key, of a role of the selected accounts. Where it can't be looked, lost says so.
func (v *view) readers(ctx context.Context, keyARN string, lost *workflows.ViewersLost) ([]workflows.Viewer, error) {
	key, err := v.key(ctx, keyARN)
	if err != nil {
		return nil, err
	}
	grants, err := key.allGrants(ctx)
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
	v.grantees(key, found, lost)
	if err := v.roleReaders(ctx, key, found, lost); err != nil {
		return nil, err
	}
	list := make([]workflows.Viewer, 0, len(found))
	for principal, how := range found {
		list = append(list, workflows.Viewer{PrincipalARN: principal, How: how})
	}
	return list, nil
}

// grantees finds those whom the key's policy lets decrypt, another account by its root. The cell's own account is none by
// itself: there its roles' policies decide, and they are read.
func (v *view) grantees(key *keyView, found map[string]string, lost *workflows.ViewersLost) {
	if key.policy == nil {
		lost.Unread = append(lost.Unread, "the policy of "+key.arn)
		return
	}
	partition, _ := arn.Parse(key.arn)
	for _, g := range key.policy.Grantees("kms:Decrypt") {
		principal := g.Principal
		if principal != everyone && !strings.HasPrefix(principal, "arn:") {
			principal = "arn:" + partition.Partition + ":iam::" + principal + ":root"
		}
		if strings.HasSuffix(principal, ":root") && arn.Account(principal) == v.cell.Account {
			continue
		}
		how := "statement " + g.Sid + " of the key's policy"
		if g.Condition != "" {
			how += ", if " + strings.ToValidUTF8(g.Condition[:min(len(g.Condition), maxCondition)], "")
		}
		found[principal] = how
	}
}

// roleReaders finds the roles whose policies name the key, in the cell's account and in the selected ones to whose
// policies the key leaves its use.
func (v *view) roleReaders(ctx context.Context, key *keyView, found map[string]string, lost *workflows.ViewersLost) error {
	accounts := []string{v.cell.Account}
	for _, account := range v.selected {
		if account != v.cell.Account && key.leavesDecryptTo(account) {
			accounts = append(accounts, account)
		}
	}
	var unread []string
	for _, account := range accounts {
		people, err := v.rolesOf(ctx, account)
		if err != nil {
			return err
		}
		if people.unread != nil {
			unread = append(unread, account)
		}
		for _, role := range people.byARN {
			if policy := role.mayDecrypt(key); policy != "" {
				found[role.arn] = "policy " + policy + " of the role"
			}
		}
	}
	lost.Unread = append(lost.Unread, unreadRoles(unread)...)
	return nil
}

// unreadRoles names the roles of accounts, or how many accounts there are where they are many.
func unreadRoles(accounts []string) []string {
	if len(accounts) > maxAccounts {
		return []string{fmt.Sprintf("the roles of %d accounts", len(accounts))}
	}
	var list []string
	for _, account := range accounts {
		list = append(list, "the roles of account "+account)
	}
	return list
}

// leavesDecryptTo reports whether the key's policy leaves it, or may leave it, to the policies of an account who decrypts.
func (k *keyView) leavesDecryptTo(account string) bool {
	if k.policy == nil {
		return false // that it is not known is told by itself
	}
	root := "arn:aws:iam::" + account + ":root"
	somebody := k.throughS3(root)
	delete(somebody, "aws:principalarn")
	effect := k.policy.Delegation(account, policydoc.Request{Principal: root, Action: "kms:Decrypt", Resource: k.arn, Context: somebody}).Effect
	return effect == policydoc.Allow || effect == policydoc.Doubtful
}

// mayDecrypt is a policy of the role that names the key and lets it decrypt, as far as is known; empty when none does.
func (p *person) mayDecrypt(key *keyView) string {
	for _, policy := range p.policies {
		effect := policy.Identity(policydoc.Request{
			Principal: p.arn, Action: "kms:Decrypt", Resource: key.arn, Context: key.throughS3(p.arn),
		}).Effect
		if mentions(policy.Document, "", key.arn) && (effect == policydoc.Allow || effect == policydoc.Doubtful) {
			return policy.name
		}
	}
	return ""
}
