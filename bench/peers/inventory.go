package peers

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/arn"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/aws-sdk-go-v2/service/synthetics"
	"github.com/aws/aws-sdk-go-v2/service/synthetics/types"

	"rekey/awssim/fleet"
)

// Inventory is how a fleet lies there. Every canary is one of Before, Between and After.
type Inventory struct {
	// Before are canaries as they were: under the old key, and without access to the new one.
	Before int `json:"before"`
	// Between are canaries in the middle of their story: they or their role have something of both keys.
	Between int `json:"between"`
	// After are canaries that are done: under the new key, with its access alone, and with a baseline from under it.
	After int `json:"after"`

	// OnNew are the canaries under the new key, done or not.
	OnNew int `json:"on_new_key"`
	// IdleOld and IdleNew are grants of the keys whose role has no canary under that key.
	IdleOld int `json:"unused_grants_on_old_keys"`
	IdleNew int `json:"unused_grants_on_new_keys"`
	// Denied are canaries whose role has no grant on the key that they are under.
	Denied int `json:"without_access"`
	// OldBaselines are visual canaries under the new key whose baseline is from under the old one.
	OldBaselines int `json:"old_baselines"`
	// DryRuns are those that were started and not committed.
	DryRuns int `json:"dry_runs_not_committed"`
	// Repeated are changes beyond the story's: of a canary's settings, and grants beyond one for each role.
	Repeated int `json:"repeated_changes"`
}

// mixed reports whether a fleet is neither as it was nor done.
func (i Inventory) mixed() bool { return i.After > 0 && i.Before > 0 || i.Between > 0 }

// take takes the inventory of a world. The baselines are those of the world's beginning.
func take(ctx context.Context, w world, initial baselines) (Inventory, error) {
	var sum Inventory
	cells, err := w.stocks(ctx)
	if err != nil {
		return sum, err
	}
	for _, s := range cells {
		sum.add(s, initial)
	}
	return sum, sum.addHistory(ctx, w)
}

// stock is what a cell has: its canaries, and the grants of its old and its new key by role.
type stock struct {
	old, next            string // keys
	canaries             []types.Canary
	oldGrants, newGrants map[string]int
}

// stocks are those of the fleet's cells.
func (w world) stocks(ctx context.Context) (list []stock, err error) {
	accounts, regions := members(w.fleet)
	for _, account := range accounts {
		for _, region := range regions {
			s, err := lookAt(ctx, w, account, region)
			if err != nil {
				return nil, err
			}
			list = append(list, s)
		}
	}
	return list, nil
}

func lookAt(ctx context.Context, w world, account, region string) (stock, error) {
	names := w.fleet.Names()
	s := stock{old: names.Key("old", account, region), next: names.Key("new", fleet.HubAccount, region)}
	c := aws.Config{
		Region: region, BaseEndpoint: aws.String(w.url),
		Credentials: credentials.NewStaticCredentialsProvider(fleet.HubAccessKey, fleet.HubSecret, ""),
	}
	role := "arn:aws:iam::" + account + ":role/" + fleet.MemberRole
	c.Credentials = aws.NewCredentialsCache(stscreds.NewAssumeRoleProvider(sts.NewFromConfig(c), role, func(o *stscreds.AssumeRoleOptions) {
		o.ExternalID = aws.String(fleet.ExternalID)
	}))
	pages := synthetics.NewDescribeCanariesPaginator(synthetics.NewFromConfig(c), &synthetics.DescribeCanariesInput{})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return s, fmt.Errorf("inventory: %w", err)
		}
		s.canaries = append(s.canaries, page.Canaries...)
	}
	var err error
	if s.oldGrants, err = grants(ctx, kms.NewFromConfig(c), s.old, account); err != nil {
		return s, err
	}
	s.newGrants, err = grants(ctx, kms.NewFromConfig(c), s.next, account)
	return s, err
}

// grants counts the grants of a key by role, those of the account's roles alone.
func grants(ctx context.Context, api *kms.Client, key, account string) (map[string]int, error) {
	found := map[string]int{}
	pages := kms.NewListGrantsPaginator(api, &kms.ListGrantsInput{KeyId: aws.String(key), Limit: aws.Int32(100)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("inventory: %w", err)
		}
		for _, g := range page.Grants {
			if role := aws.ToString(g.GranteePrincipal); isOf(role, account) {
				found[role]++
			}
		}
	}
	return found, nil
}

func isOf(role, account string) bool {
	parsed, err := arn.Parse(role)
	return err == nil && parsed.AccountID == account
}

// baselines are the runs that baselines come from, by the canary's id.
type baselines map[string]string

// baselineOf is the run that a canary's baseline comes from, empty where it has none.
func baselineOf(c types.Canary) string {
	if len(c.VisualReferences) == 0 {
		return ""
	}
	return aws.ToString(c.VisualReferences[0].BaseCanaryRunId)
}

// add counts the canaries of a cell by what they and their roles have.
func (i *Inventory) add(s stock, initial baselines) {
	users := map[pair]bool{}
	for _, c := range s.canaries {
		role, key := aws.ToString(c.ExecutionRoleArn), keyOf(c)
		users[pair{role, key}] = true
		i.addCanary(canary{
			onNew: key == s.next, hasOld: s.oldGrants[role] > 0, hasNew: s.newGrants[role] > 0,
			oldBaseline: key == s.next && baselineOf(c) != "" && baselineOf(c) == initial[aws.ToString(c.Id)],
		})
	}
	for role, n := range s.newGrants {
		i.Repeated += n - 1
		if !users[pair{role, s.next}] {
			i.IdleNew += n
		}
	}
	for role, n := range s.oldGrants {
		if !users[pair{role, s.old}] {
			i.IdleOld += n
		}
	}
}

// pair is a role and a key that a canary uses by it.
type pair struct{ role, key string }

// canary is what a canary and its role have of the two keys.
type canary struct{ onNew, hasOld, hasNew, oldBaseline bool }

func (i *Inventory) addCanary(c canary) {
	if c.onNew {
		i.OnNew++
	}
	if c.oldBaseline {
		i.OldBaselines++
	}
	if c.onNew && !c.hasNew || !c.onNew && !c.hasOld {
		i.Denied++
	}
	switch {
	case !c.onNew && c.hasOld && !c.hasNew:
		i.Before++
	case c.onNew && c.hasNew && !c.hasOld && !c.oldBaseline:
		i.After++
	default:
		i.Between++
	}
}

// keyOf is the key of a canary's artifacts, empty where it has none of its own.
func keyOf(c types.Canary) string {
	if c.ArtifactConfig == nil || c.ArtifactConfig.S3Encryption == nil {
		return ""
	}
	return aws.ToString(c.ArtifactConfig.S3Encryption.KmsKeyArn)
}

// addHistory adds what the journal alone tells: settings don't show how they came to be.
func (i *Inventory) addHistory(ctx context.Context, w world) error {
	entries, _, err := w.mutations(ctx, 0)
	if err != nil {
		return err
	}
	edits := map[string]int{}
	for _, e := range entries {
		switch e.Action {
		case "synthetics:StartCanaryDryRun":
			i.DryRuns++
		case "synthetics:UpdateCanary":
			if e.Detail["dry"] != "" {
				i.DryRuns--
			}
			if e.Detail["before"] != e.Detail["after"] {
				edits[e.Resource]++
			}
		}
	}
	for _, n := range edits {
		i.Repeated += n - 1
	}
	return nil
}
