package synthetics

import (
	"rekey/awssim/authz"
	"rekey/awssim/wire"
)

func (s *Service) updateCanary(call *wire.Call, name string) (any, error) {
	in, c, err := s.changed(call, "UpdateCanary", name)
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return nil, s.update(c, call.Principal, in)
}

func (s *Service) startCanaryDryRun(call *wire.Call, name string) (any, error) {
	in, c, err := s.changed(call, "StartCanaryDryRun", name)
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	d, err := s.startDryRun(c, call.Principal, in)
	if err != nil {
		return nil, err
	}
	return struct{ DryRunConfig dryRunOut }{dryRunOut{d.id, s.status(d)}}, nil
}

// changed reads and checks a change and finds the canary. Whoever sends a role must be allowed to pass it
// (AWS's CloudFormation schema, handlers.update).
func (s *Service) changed(call *wire.Call, op, name string) (*change, *canary, error) {
	in, err := parseChange(call)
	if err != nil {
		return nil, nil, err
	}
	if op == "StartCanaryDryRun" {
		// Members that only UpdateCanary has are unknown here, and skipped.
		in.Schedule, in.DryRunID, in.KmsKeyArn = nil, nil, nil
		in.AddReplicaLocations, in.RemoveReplicaLocations = nil, nil
	}
	c, err := s.named(call, op, name)
	if err != nil {
		return nil, nil, err
	}
	if err := in.check(); err != nil {
		return nil, nil, err
	}
	if in.ExecutionRoleArn != nil {
		err := s.authz.Authorize(authz.Request{
			Principal: call.Principal, Action: "iam:PassRole", Resource: *in.ExecutionRoleArn,
			Context: map[string]string{"iam:PassedToService": "lambda.amazonaws.com"},
		})
		if err != nil {
			return nil, nil, err
		}
	}
	return in, c, nil
}

func (s *Service) startCanary(call *wire.Call, name string) (any, error) {
	c, err := s.named(call, "StartCanary", name)
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return nil, s.start(c, call.Principal)
}

func (s *Service) stopCanary(call *wire.Call, name string) (any, error) {
	c, err := s.named(call, "StopCanary", name)
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return nil, s.stop(c, call.Principal)
}
