package main

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/urfave/cli/v3"
	"google.golang.org/protobuf/encoding/protojson"

	rekeyv1 "rekey/gen/rekey/v1"
	"rekey/internal/board"
	"rekey/internal/client"
	"rekey/internal/tables"
)

const watchDescription = `Follows a migration until it rests: on a terminal on a board that is redrawn in place, elsewhere in lines, one a change. When
the server goes away it is tried again, and nothing is missed. Leaving ends the watch, not the migration.

   rekey watch m-0123456789abcdefghij
   rekey watch m-0123456789abcdefghij | tee migration.log
   rekey watch m-0123456789abcdefghij -o json | jq -c .progress

-o json writes a migration a line, -o yaml a document, for each change.

` + exitCodes

func watchCommand() *cli.Command {
	return &cli.Command{
		Name: "watch", Category: toLook, Usage: "follow a migration until it rests", ArgsUsage: "MIGRATION", Description: watchDescription,
		Flags: []cli.Flag{
			&cli.BoolFlag{Name: "plain", Usage: "write lines, on a terminal too"},
			&cli.DurationFlag{Name: "patience", Value: client.DefaultPatience, Usage: "how `LONG` the server may be away"},
		},
		Action: calling(watch),
	}
}

func watch(ctx context.Context, s *session) error {
	id, err := s.id()
	if err != nil {
		return err
	}
	w := s.watch(id)
	w.Patience = s.c.Duration("patience")
	if !s.forPeople() {
		m, err := w.Follow(ctx, func(m *rekeyv1.Migration) (bool, error) { return false, s.stream(m) })
		if err != nil {
			return err
		}
		return endedWell(m)
	}
	show := board.Lines
	terminal := isTerminal(s.out) && isTerminal(s.c.Root().Reader) && !s.c.Bool("plain")
	if terminal {
		show = board.Live
	}
	m, err := show(ctx, board.Config{Watch: w, In: s.c.Root().Reader, Out: s.out})
	if terminal && m != nil {
		tellf(s.out, "%s\n", tables.Migration(m)) // the board leaves the screen as it was
	}
	if err != nil {
		return err
	}
	tellf(s.out, "%s", s.next(m))
	return endedWell(m)
}

// stream prints one message of many: a line of JSON, or a document of YAML.
func (p printer) stream(m *rekeyv1.Migration) error {
	if p.format == formatYAML {
		text, err := marshal(m, p.format)
		if err == nil {
			_, err = fmt.Fprintf(p.out, "---\n%s", text)
		}
		return err
	}
	text, err := protojson.MarshalOptions{UseProtoNames: true}.Marshal(m)
	if err != nil {
		return err
	}
	return json.NewEncoder(p.out).Encode(json.RawMessage(text))
}
