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
	"rekey/internal/client"
	"rekey/internal/demo"
	"rekey/internal/stack"
)

// devRequest is the request id of the migration that the printed commands create; devMigration is the migration's id,
// which the server makes from it.
const (
	devRequest   = "dev"
	devMigration = "m-tsj0t6l3oppqu90d2uh6"
)

// introduction tells somebody who has just started a development stack what to do with it.
type introduction struct {
	config stack.Config
	world  *demo.World
	// spec is the file of the world's spec.
	spec string
}

// introduce tells where everything is, and prints commands to begin with.
func (i introduction) introduce(out io.Writer, s *stack.Stack) error {
	same, err := firstCommands(near(filepath.Join(i.config.Bin, "grpcurl")), s.Server(), i.world)
	if err != nil {
		return err
	}
	tellf(out, "\n  gRPC       %s   (plaintext, with reflection and health)\n", s.Server())
	tellf(out, "  AWS        %s   (simulated, %g times faster than real time)\n", s.AWS(), i.config.TimeScale)
	tellf(out, "  Temporal   %s\n", s.Temporal())
	if s.UI() != "" {
		tellf(out, "  web UI     %s\n", s.UI())
	}
	tellf(out, "  evidence   %s\n  logs       %s\n", near(s.Evidence()), near(s.Logs()))
	tellf(out, "\nIn another terminal:\n")
	for _, c := range i.commands(s.Server()) {
		tellf(out, "\n  %s\n      %s\n", c[0], c[1])
	}
	tellf(out, "\nThe same with grpcurl alone: create, approve, list.\n")
	for _, command := range same {
		tellf(out, "\n  %s\n", command)
	}
	tellf(out, "\nCtrl-C ends everything.\n")
	return nil
}

// commands are the first ones of the command line, each with what it does. The last ones are for when the migration rests.
func (i introduction) commands(server string) [][2]string {
	rekey := near(filepath.Join(i.config.Bin, "rekey"))
	if server != client.DefaultEndpoint {
		rekey += " --endpoint " + server
	}
	page := filepath.Join(filepath.Dir(i.spec), "report.html")
	return [][2]string{
		{rekey + " create -f " + near(i.spec) + " --request-id " + devRequest + " --wait", "plan a migration, and read the plan"},
		{rekey + " approve " + devMigration, "approve that plan, which lets it run"},
		{rekey + " watch " + devMigration, "follow it"},
		{rekey + " canaries " + devMigration, "see what became of each canary"},
		{rekey + " report " + devMigration + " -o " + near(page), "write it as a page to look at"},
		{rekey + " close " + devMigration, "export the evidence, and end it"},
	}
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
