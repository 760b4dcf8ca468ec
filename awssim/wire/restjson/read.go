package restjson

import (
	"bytes"
	"encoding/json"
	"net/http"
	"reflect"
	"strings"

	"rekey/awssim/apierr"
	"rekey/awssim/wire"
)

// Input is a request's body as the API model sees it, with numbers as json.Number; empty when it isn't an object,
// of which Read tells.
func Input(c *wire.Call) map[string]any {
	in, err := object(c.Body)
	if err != nil || in == nil {
		return map[string]any{}
	}
	return in
}

// Read decodes a request's body, where an empty body is an empty object. What isn't JSON of the right types is
// a SerializationException. Members that the operation doesn't have are skipped, and so are those that are written
// in other letters: names are case-sensitive, which encoding/json isn't.
func Read(c *wire.Call, into any) error {
	in, err := object(c.Body)
	if err == nil && in != nil {
		prune(in, reflect.TypeOf(into))
		var body []byte
		if body, err = json.Marshal(in); err == nil {
			err = json.Unmarshal(body, into)
		}
	}
	if err != nil {
		return apierr.New("SerializationException", http.StatusBadRequest, "%s", err.Error())
	}
	return nil
}

func object(body []byte) (map[string]any, error) {
	if len(body) == 0 {
		return nil, nil
	}
	var in map[string]any
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	return in, d.Decode(&in)
}

// prune takes out of v what isn't a member of the structures of t.
func prune(v any, t reflect.Type) {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch v := v.(type) {
	case []any:
		if t.Kind() == reflect.Slice {
			for _, e := range v {
				prune(e, t.Elem())
			}
		}
	case map[string]any:
		if t.Kind() != reflect.Struct {
			return
		}
		members := membersOf(t)
		for name, value := range v {
			if member, ok := members[name]; ok {
				prune(value, member)
			} else {
				delete(v, name)
			}
		}
	}
}

func membersOf(t reflect.Type) map[string]reflect.Type {
	members := map[string]reflect.Type{}
	for _, f := range reflect.VisibleFields(t) {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name == "" {
			name = f.Name
		}
		if !f.Anonymous {
			members[name] = f.Type
		}
	}
	return members
}
