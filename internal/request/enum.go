package request

import (
	"fmt"
	"strings"

	"google.golang.org/protobuf/reflect/protoreflect"
)

// enum is a generated enum.
type enum interface {
	~int32
	protoreflect.Enum
}

// Enum reads words of an enum as people write them, "rolled-back" for MIGRATION_STATE_ROLLED_BACK. The unspecified value
// has no word.
func Enum[E enum](words ...string) ([]E, error) {
	var zero E
	values := zero.Descriptor().Values()
	prefix := strings.TrimSuffix(string(values.ByNumber(0).Name()), "UNSPECIFIED")
	var list []E
	for _, word := range words {
		v := values.ByName(protoreflect.Name(prefix + strings.ToUpper(strings.ReplaceAll(word, "-", "_"))))
		if v == nil || v.Number() == 0 {
			return nil, fmt.Errorf("there is no %q; known are %s", word, strings.Join(Words[E](), ", "))
		}
		list = append(list, E(v.Number()))
	}
	return list, nil
}

// Words are the words of an enum, in the API's order.
func Words[E enum]() []string {
	var zero E
	values := zero.Descriptor().Values()
	prefix := strings.TrimSuffix(string(values.ByNumber(0).Name()), "UNSPECIFIED")
	var words []string
	for i := range values.Len() {
		if v := values.Get(i); v.Number() != 0 {
			words = append(words, strings.ToLower(strings.ReplaceAll(strings.TrimPrefix(string(v.Name()), prefix), "_", "-")))
		}
	}
	return words
}
