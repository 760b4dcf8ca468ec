package access

import (
	"fmt"
	"strings"

	"rekey/workflows"
	"rekey/workflows/arn"
)

// held is why a pair's old access is kept, as far as the canaries' settings tell; nil when nobody needs it any more.
// What could not be seen counts as needing it. Baselines are looked at apart, since that takes calls for each.
func held(p workflows.RevokePair, o observation) *workflows.Problem {
	if p.Needed != nil {
		return p.Needed
	}
	users := consumers(p.Pair, o.canaries)
	switch {
	case o.failed != nil:
		return o.failed
	case len(users) > 0:
		return inUse(p.Pair, users)
	case len(o.unsearched) > 0:
		return notSearched(o.unsearched)
	}
	return nil
}

// consumers are the canaries that need the pair: those of the role whose artifacts or environment variables are
// encrypted with the key.
func consumers(pair workflows.Pair, canaries []consumer) []consumer {
	var users []consumer
	for _, c := range canaries {
		switch {
		case c.settings.RoleARN != pair.RoleARN:
			continue
		case isLocation(pair) && arn.Covers(locationOf(pair), c.settings.Location):
			c.use = "where its artifacts go"
		case c.settings.From.KeyARN == pair.KeyARN:
			c.use = "its artifacts"
		case c.settings.EnvironmentKeyARN == pair.KeyARN:
			c.use = "its environment variables"
		default:
			continue
		}
		users = append(users, c)
	}
	return users
}

// isLocation reports whether a pair is a role and an artifact location, not a key.
func isLocation(pair workflows.Pair) bool { return strings.HasPrefix(pair.KeyARN, "s3://") }

func locationOf(pair workflows.Pair) string { return strings.TrimPrefix(pair.KeyARN, "s3://") }

func inUse(pair workflows.Pair, users []consumer) *workflows.Problem {
	others := ""
	if n := len(users) - 1; n > 0 {
		others = fmt.Sprintf(" and %d more", n)
	}
	use := users[0].use
	return &workflows.Problem{
		Reason:   workflows.OldAccessInUse,
		Message:  fmt.Sprintf("The access of %s to %s is held: canary %s%s still needs it, for %s.", pair.RoleARN, pair.KeyARN, users[0].arn(), others, use),
		NextStep: "Migrate that canary, or give it a role or key of its own; held access is looked at again.",
		Metadata: map[string]string{
			"consumer": users[0].arn(), "consumers": fmt.Sprint(len(users)), "use": use,
			"role_arn": pair.RoleARN, "kms_key_arn": pair.KeyARN,
		},
	}
}

func notSearched(regions []region) *workflows.Problem {
	list := names(regions)
	return &workflows.Problem{
		Reason:   workflows.RegionNotSearched,
		Message:  fmt.Sprintf("Old access is held: canaries that need it may be in %s, which could not be searched (%s)", list, regions[0].why.Message),
		NextStep: "Let the member role call synthetics:DescribeCanaries there, or disable the Region; held access is looked at again.",
		Metadata: map[string]string{"region": list, "cause": regions[0].why.Message, "aws_code": regions[0].why.Metadata["aws_code"]},
	}
}

func names(regions []region) string {
	list := make([]string, len(regions))
	for i, r := range regions {
		list[i] = r.name
	}
	return strings.Join(list, ", ")
}
