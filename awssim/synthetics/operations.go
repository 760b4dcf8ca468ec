package synthetics

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"

	"rekey/awssim/apierr"
	"rekey/awssim/authz"
	"rekey/awssim/wire"
	"rekey/awssim/wire/restjson"
)

// operation answers one call; name is the canary in the path, empty for operations without one. A nil answer
// is an empty body.
type operation func(s *Service, call *wire.Call, name string) (any, error)

var operations = map[string]operation{
	"DescribeCanaries":        (*Service).describeCanaries,
	"DescribeCanariesLastRun": (*Service).describeCanariesLastRun,
	"DescribeRuntimeVersions": (*Service).describeRuntimeVersions,
	"GetCanary":               (*Service).getCanary,
	"GetCanaryRuns":           (*Service).getCanaryRuns,
	"UpdateCanary":            (*Service).updateCanary,
	"StartCanary":             (*Service).startCanary,
	"StopCanary":              (*Service).stopCanary,
	"StartCanaryDryRun":       (*Service).startCanaryDryRun,
}

// route finds the operation and the canary that method and path ask for (restjson paths of the API model).
func route(method, escapedPath string) (op, name string) {
	parts := strings.Split(strings.Trim(escapedPath, "/"), "/")
	if len(parts) > 1 && parts[0] == "canary" {
		decoded, err := url.PathUnescape(parts[1])
		if err != nil {
			return "", ""
		}
		name, parts[1] = decoded, "*"
	}
	switch method + " " + strings.Join(parts, "/") {
	case "POST canaries":
		return "DescribeCanaries", ""
	case "POST canaries/last-run":
		return "DescribeCanariesLastRun", ""
	case "POST runtime-versions":
		return "DescribeRuntimeVersions", ""
	case "GET canary/*":
		return "GetCanary", name
	case "PATCH canary/*":
		return "UpdateCanary", name
	case "POST canary/*/runs":
		return "GetCanaryRuns", name
	case "POST canary/*/start":
		return "StartCanary", name
	case "POST canary/*/stop":
		return "StopCanary", name
	case "POST canary/*/dry-run/start":
		return "StartCanaryDryRun", name
	}
	return "", ""
}

// Protocol is REST-JSON.
func (s *Service) Protocol() wire.Protocol { return restjson.Protocol{} }

// SigningName is "synthetics".
func (s *Service) SigningName() string { return "synthetics" }

// Operation names the operation, "" for those that aren't simulated.
func (s *Service) Operation(c *wire.Call) string {
	op, _ := route(c.HTTP.Method, c.HTTP.URL.EscapedPath())
	return op
}

// Serve answers a call.
func (s *Service) Serve(w http.ResponseWriter, c *wire.Call) {
	op, name := route(c.HTTP.Method, c.HTTP.URL.EscapedPath())
	do, ok := operations[op]
	if !ok {
		restjson.WriteError(w, apierr.New("UnknownOperationException", http.StatusNotFound, "This simulation has no %s %s.", c.HTTP.Method, c.HTTP.URL.Path))
		return
	}
	if err := checkModel(c, op, name); err != nil {
		restjson.WriteError(w, err)
		return
	}
	out, err := do(s, c, name)
	if err != nil {
		restjson.WriteError(w, err)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusOK)
	if out != nil {
		_ = json.NewEncoder(w).Encode(out)
	}
}

// may asks whether the caller may do op to the canary.
func (s *Service) may(call *wire.Call, op, name string) error {
	return s.authz.Authorize(authz.Request{
		Principal: call.Principal, Action: "synthetics:" + op,
		Resource: ARN(call.Principal.Account, call.Region, name),
	})
}

// named asks whether the caller may do op, and finds the canary.
func (s *Service) named(call *wire.Call, op, name string) (*canary, error) {
	if err := s.may(call, op, name); err != nil {
		return nil, err
	}
	if c := s.find(call.Principal.Account, call.Region, name); c != nil {
		return c, nil
	}
	return nil, notFound(name)
}
