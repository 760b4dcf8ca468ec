package synthetics

import (
	"rekey/awssim/authz"
	"rekey/awssim/wire"
	"rekey/awssim/wire/restjson"
)

type describeInput struct {
	page
	Names       []string
	BrowserType *string
}

// mayDescribe asks for the operation on "*" or, when the request names canaries, on each of them: one that the
// caller may not see fails the whole call (API_DescribeCanaries).
func (s *Service) mayDescribe(call *wire.Call, op string, names []string) error {
	if names == nil {
		return s.authz.Authorize(authz.Request{Principal: call.Principal, Action: "synthetics:" + op, Resource: "*",
			Context: map[string]string{"aws:RequestedRegion": call.Region}})
	}
	for _, name := range names {
		if err := s.may(call, op, name); err != nil {
			return err
		}
	}
	return nil
}

// selection is the page of canaries that a request asks for, and the token of the next one.
func (s *Service) selection(call *wire.Call, op string, most int) (out []*canary, in describeInput, next string, err error) {
	if err = restjson.Read(call, &in); err != nil {
		return nil, in, "", err
	}
	if err = s.mayDescribe(call, op, in.Names); err != nil {
		return nil, in, "", err
	}
	account, region := call.Principal.Account, call.Region
	if in.Names != nil {
		for _, name := range in.Names {
			if c := s.find(account, region, name); c != nil {
				out = append(out, c)
			}
		}
		return out, in, "", nil
	}
	from, err := in.position()
	if err != nil {
		return nil, in, "", err
	}
	size := in.size(most)
	out, total := s.list(account, region, from, size)
	if from+size < total {
		next = token(from + size)
	}
	return out, in, next, nil
}

func (s *Service) describeCanaries(call *wire.Call, _ string) (any, error) {
	found, _, next, err := s.selection(call, "DescribeCanaries", 20)
	if err != nil {
		return nil, err
	}
	out := struct {
		Canaries  []*canaryOut
		NextToken string `json:",omitempty"`
	}{[]*canaryOut{}, next}
	for _, c := range found {
		c.mu.Lock()
		out.Canaries = append(out.Canaries, s.show(c, nil))
		c.mu.Unlock()
	}
	return out, nil
}

// describeCanariesLastRun answers the latest ended run of each canary; on the first of its browsers, unless the
// request names one. Canaries without a run are left out (inferred).
func (s *Service) describeCanariesLastRun(call *wire.Call, _ string) (any, error) {
	found, in, next, err := s.selection(call, "DescribeCanariesLastRun", 100)
	if err != nil {
		return nil, err
	}
	type lastRunOut struct {
		CanaryName string
		LastRun    runOut
	}
	out := struct {
		CanariesLastRun []lastRunOut
		NextToken       string `json:",omitempty"`
	}{[]lastRunOut{}, next}
	for _, c := range found {
		c.mu.Lock()
		browser := c.config.browsers[0]
		if in.BrowserType != nil {
			browser = *in.BrowserType
		}
		if r := c.latest(browser); r != nil {
			out.CanariesLastRun = append(out.CanariesLastRun, lastRunOut{c.name, c.showRun(r)})
		}
		c.mu.Unlock()
	}
	return out, nil
}
