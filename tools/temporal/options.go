package main

import (
	"cmp"
	"fmt"
	"net"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/urfave/cli/v3"
	enumspb "go.temporal.io/api/enums/v1"
)

// options is what a caller may set; flags documents each of them.
type options struct {
	ip       string
	port     int
	metrics  int
	pprof    int
	headless bool
	uiIP     string
	uiPort   int
	uiPath   string
	uiCodec  string

	namespaces []string
	attributes map[string]string // name -> type, as given
	dynamic    map[string]string // key -> JSON, as given

	dbFile  string
	pragmas map[string]string

	logLevel  string
	logFormat string
}

// flags binds the options to the names that the Temporal CLI gives them.
func (o *options) flags() []cli.Flag {
	return []cli.Flag{
		&cli.StringFlag{Name: "ip", Value: "127.0.0.1", Destination: &o.ip, Usage: "`ADDRESS` that the gRPC frontend listens on"},
		&cli.IntFlag{Name: "port", Aliases: []string{"p"}, Value: 7233, Destination: &o.port, Usage: "`PORT` of the gRPC frontend"},
		&cli.IntFlag{Name: "metrics-port", Destination: &o.metrics, HideDefault: true, Usage: "`PORT` of the Prometheus endpoint /metrics (default: none)"},
		&cli.IntFlag{Name: "pprof-port", Destination: &o.pprof, HideDefault: true, Usage: "`PORT` of the loopback interface at which the server can be profiled (default: none)"},
		&cli.BoolFlag{Name: "headless", Destination: &o.headless, Usage: "serve no web UI"},
		&cli.StringFlag{Name: "ui-ip", Destination: &o.uiIP, Usage: "`ADDRESS` that the web UI listens on (default: that of --ip)"},
		&cli.IntFlag{Name: "ui-port", Destination: &o.uiPort, HideDefault: true, Usage: "`PORT` of the web UI (default: that of --port + 1000)"},
		&cli.StringFlag{Name: "ui-public-path", Destination: &o.uiPath, Usage: "`PATH` under which a proxy shows the web UI, such as /temporal"},
		&cli.StringFlag{Name: "ui-codec-endpoint", Destination: &o.uiCodec, Usage: "`URL` of the codec server with which the web UI decodes payloads"},
		&cli.StringSliceFlag{Name: "namespace", Aliases: []string{"n"}, Destination: &o.namespaces, Usage: "`NAME` of a namespace to create beside \"default\""},
		&cli.StringMapFlag{Name: "search-attribute", Destination: &o.attributes, Usage: "`NAME=TYPE` of a search attribute for every namespace that is created"},
		&cli.StringMapFlag{Name: "dynamic-config-value", Destination: &o.dynamic, Usage: "`KEY=JSON` of a dynamic configuration value"},
		&cli.StringFlag{Name: "db-filename", Aliases: []string{"f"}, Destination: &o.dbFile, Usage: "`FILE` that keeps the state (default: memory)"},
		&cli.StringMapFlag{Name: "sqlite-pragma", Destination: &o.pragmas, Usage: "`NAME=VALUE` of an SQLite pragma"},
		&cli.StringFlag{Name: "log-level", Value: "error", Destination: &o.logLevel, Usage: "`LEVEL` of the log on standard error: debug, info, warn, error, never"},
		&cli.StringFlag{Name: "log-format", Value: "text", Destination: &o.logFormat, Usage: "`FORMAT` of the log: text or json"},
	}
}

// complete derives what was left out and refuses what can't work, before anything is started.
func (o *options) complete() error {
	if o.ip == "localhost" { // the server binds to addresses, not to names
		o.ip = "127.0.0.1"
	}
	if net.ParseIP(o.ip) == nil {
		return fmt.Errorf("--ip %s: not an IP address", o.ip)
	}
	o.uiIP = cmp.Or(o.uiIP, o.ip)
	o.uiPort = cmp.Or(o.uiPort, o.port+1000)
	if o.uiPath = path.Clean("/" + o.uiPath); o.uiPath == "/" {
		o.uiPath = ""
	}
	if !slices.Contains(o.namespaces, "default") {
		o.namespaces = append([]string{"default"}, o.namespaces...)
	}
	if err := checkFree(o.ip, o.port); err != nil {
		return fmt.Errorf("--port: %w", err)
	}
	if o.headless {
		return nil
	}
	if err := checkFree(o.uiIP, o.uiPort); err != nil {
		return fmt.Errorf("--ui-port: %w", err)
	}
	return nil
}

// frontend is the address at which this machine reaches the gRPC frontend.
func (o *options) frontend() string { return local(o.ip, o.port) }

// uiURL is where a browser on this machine finds the web UI.
func (o *options) uiURL() string { return "http://" + local(o.uiIP, o.uiPort) + o.uiPath }

// searchAttributes returns the attributes by name, with their types understood in any case of letters.
func (o *options) searchAttributes() (map[string]enumspb.IndexedValueType, error) {
	attributes := make(map[string]enumspb.IndexedValueType, len(o.attributes))
	for name, typ := range o.attributes {
		for known, value := range enumspb.IndexedValueType_shorthandValue {
			if strings.EqualFold(typ, known) {
				attributes[name] = enumspb.IndexedValueType(value)
			}
		}
		if attributes[name] == enumspb.INDEXED_VALUE_TYPE_UNSPECIFIED {
			return nil, fmt.Errorf("--search-attribute %s=%s: no such type", name, typ)
		}
	}
	return attributes, nil
}

// local returns host:port, with the loopback address in place of one that means "every interface".
func local(ip string, port int) string {
	if parsed := net.ParseIP(ip); parsed != nil && parsed.IsUnspecified() {
		ip = "127.0.0.1"
		if parsed.To4() == nil {
			ip = "::1"
		}
	}
	return net.JoinHostPort(ip, strconv.Itoa(port))
}

// checkFree tells early, and in one line, that an address can't be listened on.
func checkFree(ip string, port int) error {
	l, err := net.Listen("tcp", net.JoinHostPort(ip, strconv.Itoa(port)))
	if err != nil {
		return err
	}
	return l.Close()
}
