package synthetics

import (
	"net/http"

	"rekey/awssim/apierr"
	"rekey/awssim/wire"
	"rekey/awssim/wire/restjson"
)

func (s *Service) getCanary(call *wire.Call, name string) (any, error) {
	c, err := s.named(call, "GetCanary", name)
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	var d *dryRun
	if id := call.HTTP.URL.Query().Get("dryRunId"); id != "" {
		if d = c.dryRunByID(id); d == nil {
			return nil, apierr.New("ResourceNotFoundException", http.StatusNotFound, "Dry run %s not found for canary %s.", id, name)
		}
	}
	return struct{ Canary *canaryOut }{s.show(c, d)}, nil
}

type runsInput struct {
	page
	DryRunID *string `json:"DryRunId"`
	RunType  *string
}

// getCanaryRuns answers newest first, which isn't documented (inferred). Of dry runs it answers only when
// asked, by RunType or by DryRunId (API_GetCanaryRuns).
func (s *Service) getCanaryRuns(call *wire.Call, name string) (any, error) {
	var in runsInput
	if err := restjson.Read(call, &in); err != nil {
		return nil, err
	}
	if in.RunType != nil && *in.RunType == "CANARY_RUN" && in.DryRunID != nil {
		return nil, invalid("RunType CANARY_RUN can't be used together with DryRunId.")
	}
	c, err := s.named(call, "GetCanaryRuns", name)
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if in.DryRunID != nil && c.dryRunByID(*in.DryRunID) == nil {
		return nil, apierr.New("ResourceNotFoundException", http.StatusNotFound, "Dry run %s not found for canary %s.", *in.DryRunID, name)
	}
	return s.pageOfRuns(c, in)
}

// pageOfRuns counts runs from the canary's first, so that a token stays right when runs are added or dropped.
func (s *Service) pageOfRuns(c *canary, in runsInput) (any, error) {
	var out struct {
		CanaryRuns []runOut
		NextToken  string `json:",omitempty"`
	}
	out.CanaryRuns = []runOut{}
	last := c.dropped + len(c.runs) - 1
	if in.NextToken != nil {
		n, err := in.position()
		if err != nil {
			return nil, err
		}
		last = min(last, n)
	}
	now := s.clock.Now()
	for n := last; n >= c.dropped; n-- {
		r := c.runs[n-c.dropped]
		if !in.wants(r) || c.isForgotten(r, now) {
			continue
		}
		if len(out.CanaryRuns) == in.size(100) {
			out.NextToken = token(n)
			break
		}
		out.CanaryRuns = append(out.CanaryRuns, c.showRun(r))
	}
	return out, nil
}

func (in runsInput) wants(r *run) bool {
	switch {
	case in.DryRunID != nil:
		return r.dry != nil && r.dry.id == *in.DryRunID
	case in.RunType != nil && *in.RunType == "DRY_RUN":
		return r.dry != nil
	}
	return r.dry == nil
}

func (s *Service) describeRuntimeVersions(call *wire.Call, _ string) (any, error) {
	var in page
	if err := restjson.Read(call, &in); err != nil {
		return nil, err
	}
	if err := s.mayDescribe(call, "DescribeRuntimeVersions", nil); err != nil {
		return nil, err
	}
	type runtimeOut struct {
		VersionName, Description     string
		ReleaseDate, DeprecationDate *restjson.Time `json:",omitempty"`
	}
	var out struct {
		RuntimeVersions []runtimeOut
		NextToken       string `json:",omitempty"`
	}
	from, err := in.position()
	if err != nil {
		return nil, err
	}
	for i := from; i < len(runtimeVersions); i++ {
		if len(out.RuntimeVersions) == in.size(100) {
			out.NextToken = token(i)
			break
		}
		r := runtimeVersions[i]
		out.RuntimeVersions = append(out.RuntimeVersions, runtimeOut{
			r.name, "CloudWatch Synthetics runtime " + r.name, stampOf(date(r.released)), stampOf(date(r.deprecated)),
		})
	}
	return out, nil
}
