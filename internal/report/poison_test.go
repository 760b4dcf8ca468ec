package report

import (
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/reflect/protoreflect"
)

var errUnavailable = status.Error(codes.Unavailable, "the server is being stopped")

// poison puts something hostile behind every string of a message, so that a field that is added later is tried too. Accounts
// and Regions keep their order that way.
func poison(m protoreflect.Message) {
	m.Range(func(field protoreflect.FieldDescriptor, value protoreflect.Value) bool {
		switch {
		case field.IsMap():
			// Metadata: shown in no place but as the account and the Region of a cell.
			value.Map().Range(func(k protoreflect.MapKey, v protoreflect.Value) bool {
				value.Map().Set(k, protoreflect.ValueOfString(v.String()+hostile))
				return true
			})
		case field.IsList():
			poisonList(field, value.List())
		case field.Kind() == protoreflect.MessageKind:
			poison(value.Message())
		case field.Kind() == protoreflect.StringKind:
			m.Set(field, protoreflect.ValueOfString(value.String()+hostile))
		default:
		}
		return true
	})
}

func poisonList(field protoreflect.FieldDescriptor, list protoreflect.List) {
	for i := range list.Len() {
		switch field.Kind() {
		case protoreflect.MessageKind:
			poison(list.Get(i).Message())
		case protoreflect.StringKind:
			list.Set(i, protoreflect.ValueOfString(list.Get(i).String()+hostile))
		default:
		}
	}
}
