package kms

import (
	"cmp"
	"crypto/rand"
	"encoding/hex"
	"maps"
	"slices"
	"time"
)

// grant is a Grant with when it is effective.
type grant struct {
	Grant
	seq   int
	from  time.Time
	until time.Time // zero while it exists
}

func (g *grant) effective(now time.Time) bool {
	return !now.Before(g.from) && (g.until.IsZero() || now.Before(g.until))
}

// grants are a key's, found by id and by grantee and listed in the order of their creation. Those that were
// revoked and still linger are found by grantee only. The key's lock guards it.
type grants struct {
	seq       int
	order     []*grant
	byID      map[string]*grant
	byGrantee map[string][]*grant
}

func (gs *grants) add(g Grant, from time.Time) {
	if gs.byID == nil {
		gs.byID, gs.byGrantee = map[string]*grant{}, map[string][]*grant{}
	}
	gs.seq++
	added := &grant{Grant: g, seq: gs.seq, from: from}
	gs.order = append(gs.order, added)
	gs.byID[g.ID] = added
	gs.byGrantee[g.Grantee] = append(gs.byGrantee[g.Grantee], added)
}

// remove takes a grant from the list; it goes on being effective until an instant, and is then forgotten by
// the caller.
func (gs *grants) remove(g *grant, until time.Time) {
	if i, found := slices.BinarySearchFunc(gs.order, g.seq, bySeq); found {
		gs.order = slices.Delete(gs.order, i, i+1)
	}
	delete(gs.byID, g.ID)
	g.until = until
}

func (gs *grants) forget(g *grant) {
	rest := slices.DeleteFunc(gs.byGrantee[g.Grantee], func(other *grant) bool { return other == g })
	if len(rest) == 0 {
		delete(gs.byGrantee, g.Grantee)
		return
	}
	gs.byGrantee[g.Grantee] = rest
}

// after lists the grants behind the one numbered seq.
func (gs *grants) after(seq int) []*grant {
	i, _ := slices.BinarySearchFunc(gs.order, seq+1, bySeq)
	return gs.order[i:]
}

func bySeq(g *grant, seq int) int { return cmp.Compare(g.seq, seq) }

// named finds a grant with the same name and the same properties (AWS KMS API Reference, CreateGrant, Name).
func (gs *grants) named(g Grant) *grant {
	if g.Name == "" {
		return nil
	}
	for _, other := range gs.byGrantee[g.Grantee] {
		if other.until.IsZero() && other.Name == g.Name && same(other.Grant, g) {
			return other
		}
	}
	return nil
}

func same(a, b Grant) bool {
	return a.Retiring == b.Retiring && a.IssuingAccount == b.IssuingAccount &&
		a.Constraints.SourceARN == b.Constraints.SourceARN &&
		maps.Equal(a.Constraints.Equals, b.Constraints.Equals) &&
		maps.Equal(a.Constraints.Subset, b.Constraints.Subset) &&
		slices.Equal(slices.Compact(slices.Sorted(slices.Values(a.Operations))),
			slices.Compact(slices.Sorted(slices.Values(b.Operations))))
}

// fits says whether the constraints let a request with an encryption context through.
func (c Constraints) fits(context map[string]string, sourceARN string) bool {
	if c.SourceARN != "" && c.SourceARN != sourceARN {
		return false
	}
	if len(c.Equals) > 0 && !maps.Equal(c.Equals, context) {
		return false
	}
	for key, value := range c.Subset {
		if got, ok := context[key]; !ok || got != value {
			return false
		}
	}
	return true
}

func newGrantID() string {
	var id [32]byte
	_, _ = rand.Read(id[:]) // never fails (crypto/rand)
	return hex.EncodeToString(id[:])
}
