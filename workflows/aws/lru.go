package aws

import bounded "github.com/hashicorp/golang-lru/v2"

// lru keeps a bounded number of values, dropping the one that was used longest ago.
type lru[K comparable, V any] struct{ *bounded.Cache[K, V] }

func newLRU[K comparable, V any](most int) lru[K, V] {
	cache, _ := bounded.New[K, V](most) // which errs on a bound below 1 alone
	return lru[K, V]{cache}
}

// get is the value of a key, made when there is none. Of two that are made at the same time the first is kept.
func (l lru[K, V]) get(key K, create func() V) V {
	if value, ok := l.Get(key); ok {
		return value
	}
	value := create()
	if other, ok, _ := l.PeekOrAdd(key, value); ok {
		return other
	}
	return value
}
