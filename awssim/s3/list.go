package s3

import (
	"encoding/base64"
	"strings"
)

// listing is a page of a bucket's objects that is asked for.
type listing struct {
	prefix, delimiter string
	// from is where the page begins: the first key that isn't less.
	from string
	max  int
}

// page is a page's objects and common prefixes, both in the order of their names.
type page struct {
	objects  []*Object
	prefixes []string
	// next is where the next page begins, empty when there is none.
	next string
}

// list cuts a page. It touches only what is on the page: a common prefix is stepped over as a whole.
func (b *bucket) list(l listing) page {
	b.mu.RLock()
	defer b.mu.RUnlock()
	var p page
	from := max(l.from, l.prefix)
	for {
		over := "" // a common prefix that is to be stepped over
		more := false
		b.objects.AscendGreaterOrEqual(&Object{Key: from}, func(o *Object) bool {
			rest, ok := strings.CutPrefix(o.Key, l.prefix)
			if !ok {
				return false
			}
			if len(p.objects)+len(p.prefixes) >= l.max {
				p.next, more = o.Key, true
				return false
			}
			if i := strings.Index(rest, l.delimiter); l.delimiter != "" && i >= 0 {
				over = l.prefix + rest[:i+len(l.delimiter)]
				return false
			}
			p.objects = append(p.objects, o)
			return true
		})
		if over == "" || more {
			return p
		}
		p.prefixes = append(p.prefixes, over)
		if from = successor(over); from == "" {
			return p
		}
	}
}

// successor is the least text that is greater than everything that begins with prefix; empty when there is
// none.
func successor(prefix string) string {
	b := []byte(prefix)
	for len(b) > 0 && b[len(b)-1] == 0xff {
		b = b[:len(b)-1]
	}
	if len(b) == 0 {
		return ""
	}
	b[len(b)-1]++
	return string(b)
}

// Continuation tokens carry the next page's first key.
const tokenPrefix = "1"

func token(next string) string {
	if next == "" {
		return ""
	}
	return tokenPrefix + base64.RawURLEncoding.EncodeToString([]byte(next))
}

func readToken(t string) (string, bool) {
	rest, ok := strings.CutPrefix(t, tokenPrefix)
	b, err := base64.RawURLEncoding.DecodeString(rest)
	return string(b), ok && err == nil
}
