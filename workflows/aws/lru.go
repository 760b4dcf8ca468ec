package aws

import (
	"container/list"
	"sync"
)

// lru keeps a bounded number of values, dropping the one that was used longest ago.
type lru[K comparable, V any] struct {
	max int

	mu     sync.Mutex
	byKey  map[K]*list.Element
	recent *list.List // of entry[K, V], the latest used in front
}

type entry[K comparable, V any] struct {
	key   K
	value V
}

func newLRU[K comparable, V any](most int) *lru[K, V] {
	return &lru[K, V]{max: most, byKey: map[K]*list.Element{}, recent: list.New()}
}

// get is the value of a key, made when there is none. Values are made under the lock, so that must be quick.
func (l *lru[K, V]) get(key K, create func() V) V {
	l.mu.Lock()
	defer l.mu.Unlock()
	if e, ok := l.byKey[key]; ok {
		l.recent.MoveToFront(e)
		return e.Value.(entry[K, V]).value
	}
	value := create()
	l.byKey[key] = l.recent.PushFront(entry[K, V]{key, value})
	if l.recent.Len() > l.max {
		oldest := l.recent.Back()
		l.recent.Remove(oldest)
		delete(l.byKey, oldest.Value.(entry[K, V]).key)
	}
	return value
}

// each visits all values, the latest used first. They are visited under the lock, so that must be quick.
func (l *lru[K, V]) each(visit func(K, V)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for e := l.recent.Front(); e != nil; e = e.Next() {
		kept := e.Value.(entry[K, V])
		visit(kept.key, kept.value)
	}
}
