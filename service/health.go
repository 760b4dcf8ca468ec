package service

import (
	"context"
	"time"

	"google.golang.org/grpc/health"
	healthv1 "google.golang.org/grpc/health/grpc_health_v1"
)

// watchTemporal keeps the health of rekey's services: serving while Temporal is prepared and can be reached. The health of
// the server as a whole ("") is serving as soon as it answers.
func (s *Service) watchTemporal(ctx context.Context, states *health.Server) {
	state := healthv1.HealthCheckResponse_NOT_SERVING
	setServing(states, state)
	prepared, told := false, ""
	for ctx.Err() == nil {
		err := s.checkTemporal(ctx, &prepared)
		if ctx.Err() != nil {
			return // the server stops: that says nothing of Temporal
		}
		if err == nil {
			told = ""
		} else if err.Error() != told {
			told = err.Error()
			s.config.Log.WarnContext(ctx, "Temporal is not ready; trying again until it is", "error", err)
		}
		if now := servingIf(err == nil); now != state {
			state = now
			setServing(states, state)
			s.config.Log.InfoContext(ctx, "health changed", "health", state.String())
		}
		pause(ctx, s.nextCheck(state))
	}
}

// nextCheck is how long to wait until the next look. Who waits for Temporal to come up does not wait long.
func (s *Service) nextCheck(state healthv1.HealthCheckResponse_ServingStatus) time.Duration {
	if state == healthv1.HealthCheckResponse_SERVING {
		return s.config.CheckInterval
	}
	return min(s.config.CheckInterval, time.Second)
}

// checkTemporal prepares Temporal once, and looks whether it is there from then on.
func (s *Service) checkTemporal(ctx context.Context, prepared *bool) error {
	ctx, cancel := s.bounded(ctx)
	defer cancel()
	if *prepared {
		return s.config.Workflows.Check(ctx)
	}
	err := s.config.Workflows.Prepare(ctx)
	*prepared = err == nil
	return err
}

func setServing(states *health.Server, state healthv1.HealthCheckResponse_ServingStatus) {
	for _, service := range services() {
		states.SetServingStatus(string(service.FullName()), state)
	}
}

func servingIf(ok bool) healthv1.HealthCheckResponse_ServingStatus {
	if ok {
		return healthv1.HealthCheckResponse_SERVING
	}
	return healthv1.HealthCheckResponse_NOT_SERVING
}
