package model

// override is a constraint of the model that AWS itself doesn't keep to, or words too tightly.
type override struct {
	service    string
	operations []string
	path       string
	change     func(*Constraint)
}

var overrides = []override{
	// Canaries with less memory exist, and the bounds that older models give (names of 21 characters, 960 MB,
	// 1,024 MB of storage) have been lifted one by one; a fleet must not fail over one that was lifted.
	{"synthetics", edits, "RunConfig.MemoryInMB", func(c *Constraint) { c.Min = new(int64(64)) }},
	{"synthetics", edits, "RunConfig.EphemeralStorage", func(c *Constraint) { c.Min = new(int64(512)) }},
	// "Specify an empty string to revert to the default" (API_UpdateCanary, KmsKeyArn), which the shape, shared
	// with ArtifactConfig, doesn't allow.
	{"synthetics", []string{"UpdateCanary"}, "KmsKeyArn", func(c *Constraint) {
		c.Min, c.Pattern = new(int64(0)), "(?:"+c.Pattern+")?"
	}},
}

// edits are the operations that take a canary's settings.
var edits = []string{"UpdateCanary", "StartCanaryDryRun"}

func (o override) apply(inputs map[string]Constraints) {
	for _, operation := range o.operations {
		c, ok := inputs[operation][o.path]
		if !ok {
			panic("the model of " + operation + " has no " + o.path + " to override")
		}
		o.change(&c)
		inputs[operation][o.path] = c
	}
}
