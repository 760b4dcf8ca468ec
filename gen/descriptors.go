// Package gen holds what is generated from proto/. This file alone is written by hand.
package gen

import _ "embed"

// Descriptors is the serialized google.protobuf.FileDescriptorSet of rekey.v1 and of what it imports, with the
// comments: generated Go code has none, and reflection is to serve them.
//
//go:embed rekey/v1/descriptors.binpb
var Descriptors []byte
