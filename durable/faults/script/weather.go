package script

import (
	"time"

	"rekey/awssim/fault"
)

// horizon is until when things begin to go wrong.
const horizon = 18 * time.Minute

// spell is a rule that holds for a time.
type spell struct {
	from, until time.Duration
	rule        fault.Rule
}

// weather draws n spells of bad calls, which may overlap. They are real seconds long at least: what waits for a call to be
// tried again does so in real time.
func (s *Script) weather(d *dice, acts *[]Act, n int) {
	least := time.Duration(s.Fleet.TimeScale * float64(time.Second))
	var spells []spell
	for range n {
		from := d.between(0, horizon)
		spells = append(spells, spell{from, from + least + d.between(0, 6*least), s.rule(d)})
	}
	at := func(t time.Duration) (rules []fault.Rule) {
		for _, sp := range spells {
			if sp.from <= t && t < sp.until {
				rules = append(rules, sp.rule)
			}
		}
		return rules
	}
	for _, sp := range spells {
		for _, t := range []time.Duration{sp.from, sp.until} {
			add(acts, t, Weather, func(a *Act) { a.Rules = at(t) })
		}
	}
}

// rule draws what goes wrong and where.
func (s *Script) rule(d *dice) fault.Rule {
	service := oneOf(d, "", "", "kms", "iam", "synthetics", "synthetics", "s3", "sts")
	rule := oneOf(d,
		fault.Rule{Service: service, Throttle: 0.1 + d.Float64()*0.5},
		fault.Rule{Service: service, Limit: 2 + d.Float64()*40},
		fault.Rule{Service: service, FailBefore: 0.1 + d.Float64()*0.5},
		fault.Rule{Service: service, FailAfter: 0.1 + d.Float64()*0.5},
		fault.Rule{Service: service, Reset: 0.1 + d.Float64()*0.3},
		fault.Rule{Service: service, ResetAfter: 0.1 + d.Float64()*0.3},
		fault.Rule{Service: service, LatencyMillis: 20 + d.IntN(200)},
		fault.Rule{Expire: 0.05 + d.Float64()*0.3},
		fault.Rule{Service: "synthetics", Operation: "UpdateCanary", FailAfter: 0.8},
		fault.Rule{Service: "kms", Operation: "CreateGrant", ResetAfter: 0.8},
		fault.Rule{Service: "kms", Operation: "RevokeGrant", FailAfter: 0.8},
		staleRule(d), staleRule(d), staleRule(d),
	)
	if d.chance(30) {
		rule.Region = oneOf(d, s.regions()...)
	}
	return rule
}

// staleRule draws reads that lag behind, of what AWS says may lag, and of Synthetics, of which it says nothing.
func staleRule(d *dice) fault.Rule {
	return fault.Rule{
		Service: oneOf(d, "kms", "iam", "synthetics", "synthetics"), Stale: 0.2 + d.Float64()*0.6, StaleSeconds: float64(10 + d.IntN(50)),
	}
}
