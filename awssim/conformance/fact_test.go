package conformance

// status is how well a fact is known.
type status string

const (
	// confirmed facts stand in AWS's own documentation, models or code, or were seen in practice by name.
	confirmed status = "Confirmed"
	// inferred facts follow from confirmed ones by reasoning. AWS may prove them wrong.
	inferred status = "Inferred"
	// unconfirmed ones are questions that nothing answers: a switch of the simulation does.
	unconfirmed status = "Unconfirmed"
)

var statuses = []status{confirmed, inferred, unconfirmed}

// fact is one thing that AWS does.
type fact struct {
	// name says what AWS does, without its service.
	name   string
	status status
	// source is where it is known from or, for an inferred fact, what it follows from.
	source string
	// mutates says that asking changes something, even if only when AWS behaves otherwise than the fact says: a
	// refusal can be asked for only by a request that would change something were it accepted. What is changed is put
	// back.
	mutates bool
	// lasting says that what is changed can't be put back: a canary can't return to a deprecated runtime.
	lasting bool
	// needs are the subjects that must be named.
	needs []subject
	// check fails unless AWS behaves as the fact says. Exactly one of check and ask is set.
	check func(*trial)
	// ask answers the question of the switch, for unconfirmed facts.
	ask      func(*trial) bool
	question question
}

// service is a service's facts.
type service struct {
	name  string
	facts []fact
}

// services are all facts.
func services() []service {
	return []service{
		{"Synthetics", synthetics()},
		{"KMS", kms()},
		{"S3", s3()},
		{"IAM", iam()},
		{"STS", sts()},
		{"Organizations", organizations()},
		{"Account", account()},
	}
}

func joined(lists ...[]fact) []fact {
	var all []fact
	for _, l := range lists {
		all = append(all, l...)
	}
	return all
}
