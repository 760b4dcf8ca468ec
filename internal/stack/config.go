// Package stack starts, watches over and ends the processes of a whole rekey: a Temporal server, a simulated
// AWS, rekey-server and rekey-worker. The demo, the development stack, the benchmarks and the kill matrix stand on it.
//
// The processes are real, and speak to each other over loopback only. They end with the process that started
// them: in order when Stop is called, and by the kernel (on Linux) when it is killed.
package stack

import (
	"cmp"
	"context"
	"fmt"
	"net"
	"path/filepath"
	"time"
)

// The names of the processes, and of their log files.
const (
	Temporal = "temporal"
	AWS      = "awssim"
	Server   = "rekey-server"
	Worker   = "rekey-worker"
)

// Config says what to start, and where. Bin, Logs and Fleet are required.
type Config struct {
	// Bin is the directory that holds the programs rekey, rekey-server, rekey-worker and temporal.
	Bin string
	// Logs is the directory for the processes' logs, one file each; it is made when it does not exist.
	Logs string

	// Evidence is the directory for the evidence of migrations that are closed; it is made when it does not exist. The
	// directory evidence among the logs when empty.
	Evidence string

	// TemporalAddress, UIAddress, AWSAddress and ServerAddress are where the processes listen, as host:port.
	// Empty ones are free ports of the loopback interface.
	TemporalAddress string
	UIAddress       string
	AWSAddress      string
	ServerAddress   string

	// UseTemporal makes the stack use the server that the TEMPORAL_ variables of the environment name (see
	// go.temporal.io/sdk/contrib/envconfig) instead of starting one. It must answer.
	UseTemporal bool
	// Database is the file that keeps Temporal's state; in memory when empty.
	Database string
	// Headless leaves Temporal's web UI out.
	Headless bool
	// TemporalArgs are more arguments of the Temporal server.
	TemporalArgs []string
	// Via is where a process, by its name, reaches Temporal, when that is not TemporalAddress but something that stands
	// between the two.
	Via map[string]string
	// Metrics makes the Temporal server that is started serve its metrics.
	Metrics bool
	// metricsAddress is where it does.
	metricsAddress string
	// Profiles lets the processes be profiled.
	Profiles bool
	// profiles are the addresses at which they are, by process.
	profiles map[string]*string

	// Fleet is the file that describes the simulated AWS; see rekey/awssim/fleet.
	Fleet string
	// UseAWS makes the stack use the simulated AWS that the caller serves at AWSAddress instead of starting one. Fleet is
	// not needed then.
	UseAWS bool
	// TimeScale is how many times faster than real time the simulated AWS runs; 1 when 0.
	TimeScale float64
	// Development starts rekey-server for development: names that no certificate verified count for approvals.
	Development bool
	// ServerArgs are further arguments of rekey-server.
	ServerArgs []string
	// PricePerRun is what forecasts reckon with for a canary run, in US dollars; none when 0.
	PricePerRun float64
	// Credentials are what the worker signs its requests with. They are handed over in its environment, never
	// as arguments.
	Credentials Credentials

	// Revive, when set, is asked whether a process that has died once the stack stood is to be started again. It may
	// be called from several goroutines.
	Revive func(*DiedError) bool

	// StartTimeout bounds how long a process may take to answer; one minute when 0.
	StartTimeout time.Duration
	// StopTimeout bounds how long a process may take to end before it is killed; 25 seconds when 0, for a worker
	// gives its activities 20.
	StopTimeout time.Duration
}

// Credentials are those of the worker's own identity, and how it enters the accounts.
type Credentials struct {
	AccessKeyID     string
	SecretAccessKey string
	// Region is where the worker itself is.
	Region string
	// MemberRole is the name of the role that it assumes in each account, ExternalID what that role asks for.
	MemberRole string
	ExternalID string
}

func (c Config) withDefaults() (Config, error) {
	required := map[string]string{"Bin": c.Bin, "Logs": c.Logs, "Fleet": c.Fleet}
	if c.UseAWS {
		delete(required, "Fleet")
	}
	for name, value := range required {
		if value == "" {
			return c, fmt.Errorf("stack: Config.%s is required", name)
		}
	}
	if c.TimeScale == 0 {
		c.TimeScale = 1
	}
	if c.Evidence == "" {
		c.Evidence = filepath.Join(c.Logs, "evidence")
	}
	if c.StartTimeout == 0 {
		c.StartTimeout = time.Minute
	}
	if c.StopTimeout == 0 {
		c.StopTimeout = 25 * time.Second
	}
	return c, c.findPorts()
}

// port is an address that a process is to listen on; what names it in words.
type port struct {
	process, what string
	address       *string
}

// ports are those of the processes that are started.
func (c *Config) ports() []port {
	list := []port{{Server, "rekey-server", &c.ServerAddress}}
	if !c.UseAWS {
		list = append(list, port{AWS, "the simulated AWS", &c.AWSAddress})
	}
	if !c.UseTemporal {
		list = append(list, port{Temporal, "Temporal", &c.TemporalAddress})
		if !c.Headless {
			list = append(list, port{Temporal, "Temporal's web UI", &c.UIAddress})
		}
		if c.Metrics {
			list = append(list, port{Temporal, "Temporal's metrics", &c.metricsAddress})
		}
	}
	c.profiles = map[string]*string{}
	for _, process := range []string{Temporal, AWS, Server, Worker} {
		if c.Profiles && (process != Temporal || !c.UseTemporal) {
			c.profiles[process] = new(string)
			list = append(list, port{process, "profiles of " + process, c.profiles[process]})
		}
	}
	return list
}

// findPorts checks that given addresses can be listened on, and fills in free ones for those that were not.
func (c *Config) findPorts() error {
	var found []net.Listener // kept open until all are found, so that no two are the same
	defer func() {
		for _, l := range found {
			_ = l.Close()
		}
	}()
	for _, w := range c.ports() {
		l, err := listen(*w.address)
		if err != nil {
			return &AddressError{What: w.what, Process: w.process, Address: cmp.Or(*w.address, "any port"), Err: err}
		}
		found = append(found, l)
		*w.address = l.Addr().String()
	}
	return nil
}

func listen(address string) (net.Listener, error) {
	if address == "" {
		return Listen(context.Background())
	}
	return net.Listen("tcp", address) //nolint:noctx // listening on a numeric address does not wait
}

// AddressError says that an address can't be listened on.
type AddressError struct {
	// What is to listen there, in words; Process is the process's name.
	What, Process string
	Address       string
	Err           error
}

// Error names the address.
func (e *AddressError) Error() string {
	return fmt.Sprintf("%s can't listen on %s: %v", e.What, e.Address, e.Err)
}

// Unwrap returns the reason.
func (e *AddressError) Unwrap() error { return e.Err }

func (c Config) program(name string) string { return filepath.Join(c.Bin, name) }

func (c Config) log(process string) string { return filepath.Join(c.Logs, process+".log") }
