package service

import (
	"errors"
	"fmt"

	"google.golang.org/grpc"
	"google.golang.org/grpc/reflection"
	reflectionv1 "google.golang.org/grpc/reflection/grpc_reflection_v1"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/descriptorpb"

	"rekey/gen"
)

// registerReflection serves descriptors with their comments, so that grpcurl describe prints the documentation.
func registerReflection(server *grpc.Server) error {
	var set descriptorpb.FileDescriptorSet
	if err := proto.Unmarshal(gen.Descriptors, &set); err != nil {
		return fmt.Errorf("reading the embedded descriptors: %w", err)
	}
	files, err := protodesc.NewFiles(&set)
	if err != nil {
		return fmt.Errorf("reading the embedded descriptors: %w", err)
	}
	reflectionv1.RegisterServerReflectionServer(server, reflection.NewServerV1(reflection.ServerOptions{
		Services: server, DescriptorResolver: commented{files},
	}))
	return nil
}

// commented finds descriptors among those with comments first, then among those that the program was linked with
// (health and reflection itself).
type commented struct {
	files *protoregistry.Files
}

// FindFileByPath finds a file.
func (c commented) FindFileByPath(path string) (protoreflect.FileDescriptor, error) {
	file, err := c.files.FindFileByPath(path)
	if errors.Is(err, protoregistry.NotFound) {
		return protoregistry.GlobalFiles.FindFileByPath(path)
	}
	return file, err
}

// FindDescriptorByName finds a descriptor.
func (c commented) FindDescriptorByName(name protoreflect.FullName) (protoreflect.Descriptor, error) {
	found, err := c.files.FindDescriptorByName(name)
	if errors.Is(err, protoregistry.NotFound) {
		return protoregistry.GlobalFiles.FindDescriptorByName(name)
	}
	return found, err
}
