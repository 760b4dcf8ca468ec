package main

import (
	"context"
	"slices"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	kmstypes "github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/aws/aws-sdk-go-v2/service/synthetics/types"
)

// useOfKey is what a canary's role needs (CloudWatch User Guide, Encrypting canary artifacts).
var useOfKey = []kmstypes.GrantOperation{kmstypes.GrantOperationGenerateDataKey, kmstypes.GrantOperationDecrypt}

// grants gives each role the new key once.
type grants struct {
	mu   sync.Mutex
	each map[string]func() error
}

// grant gives a role the use of the new key, unless it has a grant, and waits until a new one is effective.
func (c *cell) grant(ctx context.Context, role string) error {
	c.grants.mu.Lock()
	if c.grants.each == nil {
		c.grants.each = map[string]func() error{}
	}
	give, ok := c.grants.each[role]
	if !ok {
		give = sync.OnceValue(func() error { return c.give(ctx, role) })
		c.grants.each[role] = give
	}
	c.grants.mu.Unlock()
	return give()
}

func (c *cell) give(ctx context.Context, role string) error {
	there, err := c.list(ctx, c.key, role)
	if err != nil {
		return err
	}
	for _, g := range there {
		if slices.Contains(g.Operations, useOfKey[0]) && slices.Contains(g.Operations, useOfKey[1]) {
			return nil
		}
	}
	_, err = c.kms.CreateGrant(ctx, &kms.CreateGrantInput{
		KeyId: aws.String(c.key), GranteePrincipal: aws.String(role), Operations: useOfKey, Name: aws.String("canary-artifacts"),
	})
	if err != nil {
		return err
	}
	return c.pace.wait(ctx, c.settle)
}

func (c *cell) list(ctx context.Context, key, role string) ([]kmstypes.GrantListEntry, error) {
	var all []kmstypes.GrantListEntry
	pages := kms.NewListGrantsPaginator(c.kms, &kms.ListGrantsInput{KeyId: aws.String(key), GranteePrincipal: aws.String(role)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		all = append(all, page.Grants...)
	}
	return all, nil
}

// pair is a role and a key that it uses.
type pair struct{ role, key string }

// users counts the canaries that use an old key by a role.
type users struct {
	mu    sync.Mutex
	count map[pair]int
}

func usersOf(canaries []types.Canary) *users {
	u := &users{count: map[pair]int{}}
	for _, c := range canaries {
		u.count[pair{aws.ToString(c.ExecutionRoleArn), keyOf(c)}]++
	}
	return u
}

// leave takes one from the users, and reports whether it was the last.
func (u *users) leave(p pair) bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.count[p]--
	return u.count[p] == 0
}

// revoke takes the old key from a canary's role when no other canary of the role uses it.
func (c *cell) revoke(ctx context.Context, canary types.Canary) error {
	p := pair{aws.ToString(canary.ExecutionRoleArn), keyOf(canary)}
	if !c.users.leave(p) || p.key == "" {
		return nil
	}
	there, err := c.list(ctx, p.key, p.role)
	if err != nil {
		return err
	}
	for _, g := range there {
		if _, err := c.kms.RevokeGrant(ctx, &kms.RevokeGrantInput{KeyId: aws.String(p.key), GrantId: g.GrantId}); err != nil {
			return err
		}
	}
	return nil
}
