package main

import (
	"github.com/urfave/cli/v3"

	rekeyv1 "rekey/gen/rekey/v1"
	"rekey/internal/request"
)

// partFlags say what a verb is about: without them it is the whole migration.
func partFlags() []cli.Flag {
	const category = "Of what (default: the whole migration)"
	return []cli.Flag{
		one(category, "wave", "`NUMBER` of a wave"), one(category, "cell", "a cell, `ACCOUNT/REGION`"), one(category, "canary", "one canary, `ACCOUNT/REGION/NAME`"),
	}
}

// part is what a verb is about; nil for the whole.
func (s *session) part() (*rekeyv1.Part, error) {
	return request.Part(s.c.String("wave"), s.c.String("cell"), s.c.String("canary"))
}

// reason is why a verb is called, for the record.
func reason() cli.Flag {
	return &cli.StringFlag{Name: "reason", Usage: "`WHY`, for the record", HideDefault: true}
}

// idAndPart are what most verbs take.
func (s *session) idAndPart() (string, *rekeyv1.Part, error) {
	id, err := s.id()
	if err != nil {
		return "", nil, err
	}
	part, err := s.part()
	return id, part, err
}
