package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/urfave/cli/v3"
	"google.golang.org/protobuf/proto"

	rekeyv1 "rekey/gen/rekey/v1"
	"rekey/internal/request"
)

// Categories of flags in the help.
const (
	whichCanaries = "Which canaries"
	toWhat        = "To what"
	inWhichWay    = "In which way"
)

func several(category, name, usage string) cli.Flag {
	return &cli.StringSliceFlag{Name: name, Usage: usage, Category: category}
}

func one(category, name, usage string) cli.Flag {
	return &cli.StringFlag{Name: name, Usage: usage, Category: category, HideDefault: true}
}

func yesNo(category, name, usage string) cli.Flag {
	return &cli.BoolFlag{Name: name, Usage: usage, Category: category, HideDefault: true}
}

// selectionFlags say which canaries.
func selectionFlags() []cli.Flag {
	return []cli.Flag{
		several(whichCanaries, "account", "`ACCOUNT` id; may be repeated, or several with commas"),
		several(whichCanaries, "ou", "`OU` or root, with all that lies below; may be repeated"),
		yesNo(whichCanaries, "organization", "every active account of the organization"),
		several(whichCanaries, "exclude-account", "`ACCOUNT` id that is left out"),
		several(whichCanaries, "region", "`REGION`; may be repeated, or several with commas"),
		yesNo(whichCanaries, "enabled-regions", "every Region that an account has enabled"),
		several(whichCanaries, "name", "`PATTERN` of canary names, with * and ?"),
		several(whichCanaries, "tag", "`KEY` or KEY=VALUE of a tag"),
		several(whichCanaries, "runtime", "`PATTERN` of runtime versions"),
		several(whichCanaries, "role", "`PATTERN` of execution role ARNs"),
		several(whichCanaries, "from", "`KIND` of encryption that canaries have now: aws-managed, sse-s3 or sse-kms"),
		several(whichCanaries, "from-key", "`ARN` of the key that canaries have now"),
	}
}

// specFlags are what a migration is made of.
func specFlags() []cli.Flag {
	return append(selectionFlags(),
		several(toWhat, "to-key", "`ARN` of a key; one per Region"),
		one(toWhat, "to-alias", "`ALIAS` in each canary's account, alias/…"),
		one(toWhat, "to-key-template", "`ARN` of a key or alias with {account} and {region} in it"),
		one(toWhat, "to", "`KIND` of encryption without a key: sse-s3 or aws-managed"),
		one(toWhat, "location", "`LOCATION` of artifacts, s3://bucket/prefix, with {account}, {region} and {name}"),
		one(inWhichWay, "display-name", "`NAME` for people"),
		several(inWhichWay, "wave", "`WAVE`: what it takes (coverage, 10%, 50, accounts=A:B, ous=, names=) and how it is judged (bake=10m, runs=2, "+
			"budget=5%, pause); repeated in order"),
		one(inWhichWay, "budget", "`FAILURES` that the whole may have: 5, 5% or 5%+20"),
		&cli.Int32Flag{Name: "max-per-cell", Usage: "how `MANY` canaries of an account and Region at a time", Category: inWhichWay, HideDefault: true},
		&cli.Int32Flag{Name: "max-concurrent", Usage: "how `MANY` canaries of the whole at a time", Category: inWhichWay, HideDefault: true},
		editsFlag(inWhichWay),
		&cli.Int32Flag{Name: "approvals", Value: 1, Usage: "how `MANY` people must approve", Category: inWhichWay},
		yesNo(inWhichWay, "exclude-creator", "the creator's approval does not count"),
		&cli.StringFlag{Name: "file", Aliases: []string{"f"}, Usage: "YAML or JSON `FILE` of the whole spec, instead of flags; - for standard input", HideDefault: true},
	)
}

// specOf is the spec that a command line gives, in a file or by flags.
func specOf(c *cli.Command) (*rekeyv1.MigrationSpec, error) {
	if file := c.String("file"); file != "" {
		for _, flag := range specFlags() {
			if name := flag.Names()[0]; name != "file" && c.IsSet(name) {
				return nil, fmt.Errorf("--file has the whole spec, and --%s is a part of one: give one of them", name)
			}
		}
		return request.SpecFile(file, c.Root().Reader)
	}
	selection, err := selectionOf(c)
	if err != nil {
		return nil, err
	}
	target, err := request.Target{
		To: c.String("to"), Keys: split(c, "to-key"), Alias: c.String("to-alias"), Template: c.String("to-key-template"), Location: c.String("location"),
	}.Message()
	if err != nil {
		return nil, err
	}
	rollout, err := rolloutOf(c)
	if err != nil {
		return nil, err
	}
	spec := &rekeyv1.MigrationSpec{DisplayName: c.String("display-name"), Selection: selection, Target: target, Rollout: rollout}
	if c.IsSet("approvals") || c.Bool("exclude-creator") {
		spec.Approval = &rekeyv1.ApprovalPolicy{
			ExcludeCreator: c.Bool("exclude-creator"), Required: new(c.Int32("approvals")),
		}
	}
	return spec, nil
}

// selectionOf is the selection that flags give.
func selectionOf(c *cli.Command) (*rekeyv1.Selection, error) {
	s := &rekeyv1.Selection{
		AccountIds: split(c, "account"), OrganizationalUnitIds: split(c, "ou"), Organization: c.Bool("organization"),
		ExcludedAccountIds: split(c, "exclude-account"), Regions: split(c, "region"), EnabledRegions: c.Bool("enabled-regions"),
		NamePatterns: split(c, "name"),
	}
	if len(s.GetAccountIds())+len(s.GetOrganizationalUnitIds()) == 0 && !s.GetOrganization() {
		return nil, errors.New("say which accounts: --account, --ou or --organization")
	}
	if len(s.GetRegions()) == 0 && !s.GetEnabledRegions() {
		return nil, errors.New("say which Regions: --region or --enabled-regions")
	}
	modes, err := request.Enum[rekeyv1.EncryptionMode](split(c, "from")...)
	if err != nil {
		return nil, fmt.Errorf("--from: %w", err)
	}
	filter := &rekeyv1.CanaryFilter{
		Tags: c.StringSlice("tag"), RuntimePatterns: split(c, "runtime"), EncryptionModes: modes, KmsKeyArns: split(c, "from-key"),
		RolePatterns: c.StringSlice("role"),
	}
	if proto.Size(filter) > 0 {
		s.Canaries = filter
	}
	return s, nil
}

// rolloutOf is the rollout that flags give; nil without any.
func rolloutOf(c *cli.Command) (*rekeyv1.Rollout, error) {
	r := &rekeyv1.Rollout{
		MaxConcurrentCanariesPerCell: c.Int32("max-per-cell"),
		MaxConcurrentCanaries:        c.Int32("max-concurrent"),
	}
	if err := setEdits(c, &r.Edits); err != nil {
		return nil, err
	}
	for _, text := range c.StringSlice("wave") {
		w, err := request.Wave(text)
		if err != nil {
			return nil, fmt.Errorf("--wave: %w", err)
		}
		r.Waves = append(r.Waves, w)
	}
	if text := c.String("budget"); text != "" {
		var err error
		if r.Budget, err = request.Budget(text); err != nil {
			return nil, fmt.Errorf("--budget: %w", err)
		}
	}
	if proto.Size(r) == 0 {
		return nil, nil //nolint:nilnil // no rollout is the default's
	}
	return r, nil
}

// split is what a flag has, repeated or with commas.
func split(c *cli.Command, name string) []string {
	var list []string
	for _, value := range c.StringSlice(name) {
		list = append(list, strings.Split(value, ",")...)
	}
	return list
}
