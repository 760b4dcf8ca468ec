package main

import (
	"context"
	"time"

	"github.com/urfave/cli/v3"

	rekeyv1 "rekey/gen/rekey/v1"
	"rekey/internal/client"
	"rekey/internal/tables"
)

const fleetDescription = `Lists canaries as they are now, with their encryption, without a migration. It reads AWS live, and changes nothing. fleet
summary counts them.

   rekey fleet --account 111122223333 --region eu-west-1
   rekey fleet --organization --enabled-regions --from aws-managed
   rekey fleet summary --organization --enabled-regions

` + exitCodes

// counting is how often a summary that is not complete is asked for again.
const counting = 2 * time.Second

func fleetCommand() *cli.Command {
	return &cli.Command{
		Name: "fleet", Category: toLook, Usage: "list canaries as they are now, without a migration", Description: fleetDescription,
		Flags: append(selectionFlags(),
			&cli.BoolFlag{Name: "access", Usage: "look up what access roles have to their keys, too (-o json shows it)", HideDefault: true},
			&cli.IntFlag{Name: "limit", Value: 1000, Usage: "at most this `MANY`; 0 for all"},
		),
		Action: calling(listFleet),
		Commands: []*cli.Command{{
			Name: "summary", Usage: "count them by encryption, key, Region, runtime and next step", Description: fleetDescription,
			Flags: selectionFlags(), Action: calling(census),
		}},
	}
}

func listFleet(ctx context.Context, s *session) error {
	if err := s.noArguments(); err != nil {
		return err
	}
	selection, err := selectionOf(s.c)
	if err != nil {
		return err
	}
	all := &rekeyv1.ListFleetCanariesResponse{}
	var more bool
	request := &rekeyv1.ListFleetCanariesRequest{Selection: selection, PageSize: 500, IncludeAccess: s.c.Bool("access")}
	all.Canaries, more, err = client.Collect(client.FleetCanaries(ctx, s.Fleet, request, func(p *rekeyv1.Problem) {
		all.CellProblems = append(all.CellProblems, p)
	}), s.c.Int("limit"))
	if err != nil {
		return err
	}
	return s.print(all, func() string {
		text := tables.Fleet(all.GetCanaries())
		if more {
			text += "\n… and more: --limit 0 lists all"
		}
		if problems := tables.CellProblems(all.GetCellProblems()); problems != "" {
			text += "\n\n" + problems
		}
		return text
	})
}

// census counts a fleet. A large one takes several calls, which continue the same count.
func census(ctx context.Context, s *session) error {
	if err := s.noArguments(); err != nil {
		return err
	}
	selection, err := selectionOf(s.c)
	if err != nil {
		return err
	}
	ticker := time.NewTicker(counting)
	defer ticker.Stop()
	request := &rekeyv1.SummarizeFleetRequest{Selection: selection}
	for {
		reply, err := s.Fleet.SummarizeFleet(ctx, request)
		if err != nil {
			return err
		}
		if reply.GetComplete() {
			return s.print(reply, func() string { return tables.Census(reply) })
		}
		if s.forPeople() {
			tellf(s.progress, "%d of %d cells read …\n", reply.GetCellsRead(), reply.GetCells())
		}
		request.SummaryId = reply.GetSummaryId()
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-ticker.C:
		}
	}
}
