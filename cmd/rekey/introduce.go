package main

import (
	"bytes"
	"encoding/json"
	"io"
	"os"
	"path/filepath"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	rekeyv1 "rekey/gen/rekey/v1"
	"rekey/internal/demo"
	"rekey/internal/stack"
)

// devRequest is the request id of the migration that the printed commands create; devMigration is the migration's id,
// which the server makes from it.
const (
	devRequest   = "dev"
	devMigration = "m-tsj0t6l3oppqu90d2uh6"
)

// introduce tells where everything is, and prints three commands to begin with. They work when pasted, one after
// another or all at once: the second waits for the plan's digest.
func introduce(out io.Writer, s *stack.Stack, config stack.Config, world *demo.World) error {
	create, err := requestJSON(&rekeyv1.CreateMigrationRequest{RequestId: devRequest, Spec: world.Spec})
	if err != nil {
		return err
	}
	tellf(out, "\n  gRPC       %s   (plaintext, with reflection and health)\n", s.Server())
	tellf(out, "  AWS        %s   (simulated, %g times faster than real time)\n", s.AWS(), config.TimeScale)
	tellf(out, "  Temporal   %s\n", s.Temporal())
	if s.UI() != "" {
		tellf(out, "  web UI     %s\n", s.UI())
	}
	tellf(out, "  logs       %s\n", s.Logs())
	call := near(filepath.Join(config.Bin, "grpcurl")) + " -plaintext"
	method := s.Server() + " rekey.v1.MigrationService/"
	tellf(out, `
Create a migration, which plans it:

  %[1]s -d '%[3]s' %[2]sCreateMigration

Approve the plan by its digest, once it is there:

  %[1]s -d '{"migration_id":"%[4]s","plan_digest":"'$(%[1]s -max-time 3 -d '{"migration_id":"%[4]s"}' %[2]sWatchMigration 2>/dev/null | sed -n 's/.*"digest": "\(.*\)".*/\1/p' | tail -1)'"}' %[2]sApproveMigration

See how far its canaries are:

  %[1]s -d '{"migration_id":"%[4]s"}' %[2]sListCanaries

Ctrl-C ends everything.
`, call, method, create, devMigration)
	return nil
}

// requestJSON is a request as grpcurl takes it, with the names that the API's documentation has.
func requestJSON(request proto.Message) (string, error) {
	text, err := protojson.MarshalOptions{UseProtoNames: true}.Marshal(request)
	if err != nil {
		return "", err
	}
	var compact bytes.Buffer // protojson varies its spaces on purpose
	err = json.Compact(&compact, text)
	return compact.String(), err
}

// near is a path as it is pasted most easily: relative where that is shorter.
func near(path string) string {
	here, err := os.Getwd()
	if err != nil {
		return path
	}
	if relative, err := filepath.Rel(here, path); err == nil && len(relative) < len(path) {
		return relative
	}
	return path
}
