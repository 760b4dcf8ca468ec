package stack

import (
	"cmp"
	"net"
	"os"
	"strconv"
	"strings"
)

// command is how a process is started.
type command struct {
	program string
	args    []string
	env     []string
}

// command is how the process of that name is started with a complete configuration.
func (c Config) command(process string) command {
	env := clean(os.Environ())
	switch process {
	case Temporal:
		return command{c.program("temporal"), c.temporalArgs(), env}
	case AWS:
		return command{c.program("rekey"), append([]string{
			"sim", "--listen", c.AWSAddress, "--fleet", c.Fleet, "--time-scale", number(c.TimeScale), "--quiet",
		}, c.profileArgs(process)...), env}
	case Server:
		return command{c.program("rekey-server"), append(c.serverArgs(), c.profileArgs(process)...), c.temporalEnv(process, env)}
	default:
		args := append([]string{"--evidence-dir", c.Evidence}, c.profileArgs(process)...)
		return command{c.program("rekey-worker"), args, c.awsEnv(c.temporalEnv(process, env))}
	}
}

// profileArgs let a process of rekey's be profiled.
func (c Config) profileArgs(process string) []string {
	if c.profiles[process] == nil {
		return nil
	}
	return []string{"--pprof-address", *c.profiles[process]}
}

func (c Config) temporalArgs() []string {
	ip, port, _ := net.SplitHostPort(c.TemporalAddress)
	args := []string{"server", "start-dev", "--ip", ip, "--port", port, "--log-level", "error"}
	if c.Database != "" {
		args = append(args, "--db-filename", c.Database)
	}
	if c.metricsAddress != "" {
		_, port, _ := net.SplitHostPort(c.metricsAddress)
		args = append(args, "--metrics-port", port)
	}
	if address := c.profiles[Temporal]; address != nil {
		_, port, _ := net.SplitHostPort(*address)
		args = append(args, "--pprof-port", port)
	}
	args = append(args, c.TemporalArgs...)
	if c.Headless {
		return append(args, "--headless")
	}
	uiIP, uiPort, _ := net.SplitHostPort(c.UIAddress)
	return append(args, "--ui-ip", uiIP, "--ui-port", uiPort)
}

func (c Config) serverArgs() []string {
	args := []string{"--listen", c.ServerAddress, "--time-scale", number(c.TimeScale), "--price-per-run", number(c.PricePerRun)}
	if c.Development {
		args = append(args, "--development")
	}
	return append(args, c.ServerArgs...)
}

// temporalEnv names the Temporal server to a process. The user's own configuration of Temporal counts only when the user's own
// server is to be used.
func (c Config) temporalEnv(process string, env []string) []string {
	if c.UseTemporal {
		return append(env, with(os.Environ(), "TEMPORAL_")...)
	}
	return append(env, "TEMPORAL_ADDRESS="+cmp.Or(c.Via[process], c.TemporalAddress), "TEMPORAL_NAMESPACE=default", "TEMPORAL_CONFIG_FILE="+os.DevNull)
}

// awsEnv points the worker at the simulated AWS, and at nothing else: a profile, a session or a role of the user's
// must never be used in a rehearsal.
func (c Config) awsEnv(env []string) []string {
	return append(env,
		"AWS_ENDPOINT_URL=http://"+c.AWSAddress,
		"AWS_ACCESS_KEY_ID="+c.Credentials.AccessKeyID,
		"AWS_SECRET_ACCESS_KEY="+c.Credentials.SecretAccessKey,
		"AWS_REGION="+c.Credentials.Region,
		"AWS_CONFIG_FILE="+os.DevNull,
		"AWS_SHARED_CREDENTIALS_FILE="+os.DevNull,
		"AWS_EC2_METADATA_DISABLED=true",
		"REKEY_MEMBER_ROLE="+c.Credentials.MemberRole,
		"REKEY_EXTERNAL_ID="+c.Credentials.ExternalID,
	)
}

// clean drops what would configure the processes behind the stack's back, proxies for loopback included.
func clean(env []string) []string {
	var kept []string
	for _, variable := range env {
		name, _, _ := strings.Cut(variable, "=")
		switch {
		case strings.HasPrefix(name, "AWS_"), strings.HasPrefix(name, "TEMPORAL_"), strings.HasPrefix(name, "REKEY_"):
		case strings.EqualFold(name, "HTTP_PROXY"), strings.EqualFold(name, "HTTPS_PROXY"):
		default:
			kept = append(kept, variable)
		}
	}
	return kept
}

func with(env []string, prefix string) []string {
	var found []string
	for _, variable := range env {
		if strings.HasPrefix(variable, prefix) {
			found = append(found, variable)
		}
	}
	return found
}

func number(n float64) string { return strconv.FormatFloat(n, 'g', -1, 64) }
