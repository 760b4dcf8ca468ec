// Package service is rekey's gRPC surface. It turns calls into workflows and their answers into replies, and keeps
// no state of its own: Temporal does.
//
// Every handler is alike: parse, call, convert, return. The shape of requests is checked by their constraints
// before a handler sees them, and errors become a status at one boundary.
package service

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"math"
	"sync"
	"time"

	rekeyv1 "rekey/gen/rekey/v1"
	"rekey/service/roles"
	"rekey/workflows"
)

// Config is what a Service is made of. Only Workflows is required.
type Config struct {
	// Workflows is Temporal.
	Workflows Workflows
	// Log is where calls and incidents are told. Default: nowhere.
	Log *slog.Logger
	// TLS secures the connections. Without it they are plaintext, which is for loopback only.
	TLS *tls.Config

	// Roles says who may do what; names that nobody verified count in it with AnyName alone. Default: everybody may do
	// everything, which is for loopback.
	Roles *roles.Table
	// CallsPerSecond is how often a caller may call, and FleetCallsPerMinute how often the fleet's service; a caller may do
	// as much at once. 0, the default, means as often as it likes.
	CallsPerSecond, FleetCallsPerMinute float64

	// MaxCalls is how many calls that read may be in flight, whoever makes them; a quarter as many that change something,
	// and as many of those of the fleet's service, have room besides. More are turned away. Default 128.
	MaxCalls int
	// MaxWatches is how many watches may be open, and WatchesPerCaller how many of one caller. Each holds up to 64 KB that its
	// caller has not read. Default 2,000 and 1,000.
	MaxWatches, WatchesPerCaller int
	// MaxConnections is how many connections are open at a time; others wait until one is closed. Default 1,000.
	MaxConnections int
	// CallTimeout is how long a call may take, whatever its caller allows, and how long the request of a watch may be
	// underway. Default one minute.
	CallTimeout time.Duration

	// TimeScale is how many times faster than real time the AWS at hand runs. At least 1, the default: the real one.
	TimeScale float64

	// RunPriceUSD is what one run of a canary costs, in US dollars; forecasts tell the cost of extra runs by it. Default 0: not
	// known.
	RunPriceUSD float64
	// AnyName lets callers' names count where an approval policy asks for verified ones. For development only.
	AnyName bool

	// QueryTimeout is how long a worker may take to answer a question. Default 5 seconds.
	QueryTimeout time.Duration
	// UpdateTimeout is how long a worker may take to carry out a control verb, and how long cells are asked what a roll back
	// would do. Default 10 seconds.
	UpdateTimeout time.Duration

	// PollInterval is how often a watched migration is asked for news, however many watch it. Default 500 ms.
	PollInterval time.Duration
	// Heartbeat is the longest silence of a watch. Default 15 seconds.
	Heartbeat time.Duration
	// Patience is how long a watch outlasts workers or Temporal being away. Default 5 minutes.
	Patience time.Duration

	// CheckInterval is how often Temporal's reachability is looked at for the health service. Default 5 seconds.
	CheckInterval time.Duration
	// StopTimeout is how long calls may take to end when the server stops. Default 10 seconds.
	StopTimeout time.Duration
}

// Service serves rekey.v1.MigrationService and rekey.v1.FleetService.
type Service struct {
	rekeyv1.UnsafeMigrationServiceServer // a method that is missing shows when it is registered
	rekeyv1.UnsafeFleetServiceServer

	config     Config
	validate   *validator
	limits     *limits
	admission  *admission
	watchers   *watchers
	shared     *shared
	authorizer *authorizer
	hub        *hub

	stopping chan struct{} // closed when the server stops
	stopOnce sync.Once
}

// New checks the configuration, fills in its defaults, and compiles the constraints of the API.
func New(config Config) (*Service, error) {
	if config.Workflows == nil {
		return nil, errors.New("service: Config.Workflows is missing")
	}
	config.TimeScale = cmp.Or(config.TimeScale, 1)
	if !(config.TimeScale >= 1) || math.IsInf(config.TimeScale, 1) { // also refuses what is not a number
		return nil, errors.New("service: Config.TimeScale is not a number from 1 on")
	}
	if config.MaxCalls < 0 || config.MaxWatches < 0 || config.WatchesPerCaller < 0 || config.MaxConnections < 0 {
		return nil, errors.New("service: Config.MaxCalls, MaxWatches, WatchesPerCaller or MaxConnections is below 0")
	}
	if !(config.RunPriceUSD >= 0) || math.IsInf(config.RunPriceUSD, 1) {
		return nil, errors.New("service: Config.RunPriceUSD is not a number from 0 on")
	}
	config.Log = cmp.Or(config.Log, slog.New(slog.DiscardHandler))
	config.QueryTimeout = cmp.Or(config.QueryTimeout, 5*time.Second)
	config.UpdateTimeout = cmp.Or(config.UpdateTimeout, 10*time.Second)
	config.PollInterval = cmp.Or(config.PollInterval, 500*time.Millisecond)
	config.Heartbeat = cmp.Or(config.Heartbeat, 15*time.Second)
	config.Patience = cmp.Or(config.Patience, 5*time.Minute)
	config.MaxCalls = cmp.Or(config.MaxCalls, 128)
	config.MaxWatches = cmp.Or(config.MaxWatches, 2000)
	config.WatchesPerCaller = cmp.Or(config.WatchesPerCaller, 1000)
	config.MaxConnections = cmp.Or(config.MaxConnections, 1000)
	config.CallTimeout = cmp.Or(config.CallTimeout, time.Minute)
	config.CheckInterval = cmp.Or(config.CheckInterval, 5*time.Second)
	config.StopTimeout = cmp.Or(config.StopTimeout, 10*time.Second)
	validate, err := newValidator()
	if err != nil {
		return nil, err
	}
	limits, err := newLimits(config.CallsPerSecond, config.FleetCallsPerMinute)
	if err != nil {
		return nil, err
	}
	s := &Service{
		config: config, validate: validate, limits: limits, admission: newAdmission(config),
		watchers: newWatchers(config.WatchesPerCaller), shared: newShared(config.Workflows.Migration, config.QueryTimeout),
		stopping: make(chan struct{}),
	}
	if s.authorizer, err = newAuthorizer(config.table(), s.view); err != nil {
		return nil, err
	}
	s.hub = newHub(s.view, config.PollInterval, config.Patience)
	return s, nil
}

// table is the roles as they count.
func (c Config) table() *roles.Table {
	if c.AnyName && c.Roles != nil {
		return c.Roles.WithAnyName()
	}
	return c.Roles
}

// view asks a migration where it is, together with whoever else asks.
func (s *Service) view(ctx context.Context, migration string) (workflows.MigrationView, error) {
	return s.shared.view(ctx, migration)
}

// recorded looks up what Temporal knows of a migration without asking it.
func (s *Service) recorded(ctx context.Context, migration string) (Record, error) {
	ctx, cancel := s.bounded(ctx)
	defer cancel()
	return s.config.Workflows.Recorded(ctx, migration)
}

// bounded is a context for one question: without a bound, the Temporal client asks again for as long as its caller
// waits.
func (s *Service) bounded(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, s.config.QueryTimeout)
}
