package peers

// Bound is the least time that a workload can take, whoever does it.
type Bound struct {
	// Seconds is the whole: the waits of one canary, and the longest queue.
	Seconds float64 `json:"seconds"`
	Waits   float64 `json:"waits_seconds"`
	Queue   Queue   `json:"queue"`
	// Least are the calls that the story needs at the least, by "service:Operation", for each canary.
	Least map[string]float64 `json:"least_calls_per_canary"`
}

// bound works out the least time. A grant must be effective before a dry run of it ends; the queue of the operation that AWS
// limits most begins no earlier than that, and whoever is last in it still waits for the rest of its story.
func (w Workload) bound() Bound {
	f := w.fleet().Synthetics
	dry := f.DryRunDelay + f.RunDuration
	change := f.UpdateDelay + f.RunAfterEdit + f.RunDuration // until the run that follows an edit has ended
	wait := max(propagation, dry) + change
	if w.VisualEvery > 0 && w.Canaries >= w.VisualEvery {
		wait += change // the baseline's edit, and the run that compares with it
	}
	b, least := Bound{Waits: wait.Seconds() / w.TimeScale, Least: map[string]float64{}}, w.least()
	for name, n := range least {
		b.Least[name] = n / float64(max(w.Canaries, 1))
	}
	if w.Limited {
		b.Queue = w.queue(least)
	}
	b.Seconds = b.Waits + b.Queue.Seconds
	return b
}

// least are the calls that the story needs at the least, by "service:Operation": grants once for each role, what changes a
// canary once, and of what only looks one call for each answer. Lists are read by the page.
func (w Workload) least() map[string]float64 {
	n, roles := float64(w.Canaries), float64(w.roles())
	visual := 0.0
	if w.VisualEvery > 0 {
		visual = float64(w.Canaries / w.VisualEvery)
	}
	const dry, run = 1, 1
	return map[string]float64{
		"kms:CreateGrant":              roles,
		"kms:RevokeGrant":              roles,
		"kms:ListGrants":               roles, // to find the old grant's id
		"synthetics:StartCanaryDryRun": n,
		"synthetics:UpdateCanary":      n + visual,
		"synthetics:GetCanary":         n + visual, // an answer of 200 means that an update was queued
		"synthetics:GetCanaryRuns":     n*(dry+run) + visual,
		"s3:ListObjectsV2":             n * (dry + run),
		"s3:HeadObject":                n * (dry + run),
	}
}

// roles are how many roles the fleet's canaries have.
func (w Workload) roles() int {
	names := map[string]bool{}
	for _, c := range w.fleet().Canaries {
		names[c.Account+"/"+c.Role] = true
	}
	return len(names)
}
