package main

import (
	"bytes"
	"encoding/json"
	"fmt"
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

// introduce tells where everything is, and prints three commands to begin with.
func introduce(out io.Writer, s *stack.Stack, config stack.Config, world *demo.World) error {
	first, err := firstCommands(near(filepath.Join(config.Bin, "grpcurl")), s.Server(), world)
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
	for i, what := range []string{
		"Create a migration, which plans it:",
		"Approve the plan by its digest, for which it waits:",
		"See how far its canaries are:",
	} {
		tellf(out, "\n%s\n\n  %s\n", what, first[i])
	}
	tellf(out, "\nCtrl-C ends everything.\n")
	return nil
}

// firstCommands create a migration, approve it and list its canaries. They work when pasted into a shell, one after
// another or all at once: the second waits for the plan's digest.
func firstCommands(grpcurl, server string, world *demo.World) ([]string, error) {
	create, err := requestJSON(&rekeyv1.CreateMigrationRequest{RequestId: devRequest, Spec: world.Spec})
	if err != nil {
		return nil, err
	}
	call := func(method, flags, request string) string {
		return fmt.Sprintf("%s -plaintext %s-d '%s' %s rekey.v1.MigrationService/%s", grpcurl, flags, request, server, method)
	}
	named := `{"migration_id":"` + devMigration + `"}`
	digest := call("WatchMigration", "-max-time 3 ", named) + ` 2>/dev/null | sed -n 's/.*"digest": "\(.*\)".*/\1/p' | tail -1`
	approval := `{"migration_id":"` + devMigration + `","plan_digest":"'$(` + digest + `)'"}`
	return []string{
		call("CreateMigration", "", create), call("ApproveMigration", "", approval), call("ListCanaries", "", named),
	}, nil
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
