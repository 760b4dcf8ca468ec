package scenario

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"google.golang.org/protobuf/reflect/protoreflect"

	rekeyv1 "rekey/gen/rekey/v1"
	"rekey/internal/client"
	"rekey/internal/tables"
)

// Outcomes are how the play's migrations and each of their canaries ended, a line each, in names that all plays share.
func (p *Play) Outcomes(ctx context.Context) ([]string, error) {
	var lines []string
	for name, id := range p.migrations {
		got, err := p.API.GetMigration(ctx, &rekeyv1.GetMigrationRequest{MigrationId: id})
		if err != nil {
			return nil, fmt.Errorf("migration %q: get: %w", name, err)
		}
		lines = append(lines, fmt.Sprintf("%s: %s", name, word(got.GetMigration().GetState())))
		for c, err := range client.Canaries(ctx, p.API, &rekeyv1.ListCanariesRequest{MigrationId: id}) {
			if err != nil {
				return nil, fmt.Errorf("migration %q: list: %w", name, err)
			}
			lines = append(lines, name+"/"+outcome(c))
		}
	}
	slices.Sort(lines)
	return lines, nil
}

// outcome is how a canary ended: where it is, why, and what became of its baseline, its proof and its old access.
func outcome(c *rekeyv1.Canary) string {
	parts := []string{
		c.GetName() + ":", word(c.GetState()), word(c.GetStep()), word(c.GetProblem().GetReason()),
		"baseline", word(c.GetBaseline().GetState()), "access", word(c.GetOldAccess().GetState()),
		word(c.GetOldAccess().GetHeldBecause().GetReason()), "proven under", c.GetProof().GetEncryption().GetKmsKeyArn(),
	}
	return Names{}.Common(strings.Join(parts, " "))
}

// word is an enum's value without the enum's name; a dash where there is none.
func word(v protoreflect.Enum) string { return cmp.Or(tables.Name(v), "-") }
