package s3

import (
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/btree"
)

func bucketOfKeys(keys ...string) *bucket {
	b := &bucket{objects: btree.NewG(degree, byKey)}
	for _, k := range keys {
		b.objects.ReplaceOrInsert(&Object{Key: k})
	}
	return b
}

// FuzzList compares all pages together with a plain reading of ListObjectsV2's contract.
func FuzzList(f *testing.F) {
	f.Add("a/1 a/2 b/1 c", "", "/", 1)
	f.Add("a/b/c a/b/d a/\xff a/\xff\xff/x", "a/", "/", 2)
	f.Add("aXbXc aXb a", "a", "X", 3)
	f.Fuzz(func(t *testing.T, text, prefix, delimiter string, size int) {
		if size < 1 {
			t.Skip()
		}
		keys := strings.Fields(text)
		slices.Sort(keys)
		keys = slices.Compact(keys)
		b := bucketOfKeys(keys...)
		var got []string
		l := listing{prefix: prefix, delimiter: delimiter, max: size}
		for range len(keys) + 1 {
			p := b.list(l)
			if n := len(p.objects) + len(p.prefixes); n > size {
				t.Fatalf("a page of %d, want at most %d", n, size)
			}
			for _, o := range p.objects {
				got = append(got, o.Key)
			}
			got = append(got, p.prefixes...)
			next, ok := readToken(token(p.next))
			if p.next == "" {
				break
			}
			if !ok || next != p.next {
				t.Fatalf("token of %q became %q", p.next, next)
			}
			l.from = next
		}
		slices.Sort(got)
		if want := plainly(keys, prefix, delimiter); !slices.Equal(got, want) {
			t.Errorf("list(%q, prefix %q, delimiter %q, size %d) = %q, want %q", keys, prefix, delimiter, size, got, want)
		}
	})
}

func plainly(keys []string, prefix, delimiter string) []string {
	var list []string
	for _, k := range keys {
		rest, ok := strings.CutPrefix(k, prefix)
		if !ok {
			continue
		}
		if i := strings.Index(rest, delimiter); delimiter != "" && i >= 0 {
			k = prefix + rest[:i+len(delimiter)]
		}
		list = append(list, k)
	}
	slices.Sort(list)
	return slices.Compact(list)
}

func BenchmarkListAPrefixOfAMillion(b *testing.B) {
	bucket := &bucket{objects: btree.NewG(degree, byKey)}
	for i := range 1_000_000 {
		bucket.objects.ReplaceOrInsert(&Object{Key: "canary-" + strconv.Itoa(i/10) + "/" + strconv.Itoa(i%10)})
	}
	for b.Loop() {
		if p := bucket.list(listing{prefix: "canary-77777/", max: maxKeys}); len(p.objects) != 10 {
			b.Fatalf("%d objects", len(p.objects))
		}
	}
}
