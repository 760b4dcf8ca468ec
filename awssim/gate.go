package awssim

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"rekey/awssim/clock"
	"rekey/awssim/sigv4"
	"rekey/awssim/wire"
	"rekey/awssim/wire/awsjson"
	"rekey/awssim/wire/query"
	"rekey/awssim/wire/restjson"
	"rekey/awssim/wire/restxml"
)

// MaxBody is the most bytes of a request's body.
const MaxBody = 64 << 20

// global are the services with one endpoint for all Regions. A client that was given an endpoint signs for its own Region
// all the same.
var global = map[string]bool{"account": true, "iam": true, "organizations": true}

// gate is the way in: it identifies the caller, finds the service and lets the faults happen.
type gate struct {
	world    *World
	verifier sigv4.Verifier
	services map[string]wire.Service
	admin    http.Handler
}

// Handler serves the world's wire protocols and its admin paths; extra are services from outside, which may
// also replace the world's own.
func (w *World) Handler(extra ...wire.Service) http.Handler {
	g := &gate{
		world: w, verifier: sigv4.Verifier{Credentials: credentials{w}, Now: clock.Real, Shown: w.Clock.Shown},
		services: map[string]wire.Service{}, admin: w.adminHandler(),
	}
	for _, s := range append([]wire.Service{w.STS, w.Organizations, w.Account, w.IAM, w.KMS, w.S3}, extra...) {
		g.services[s.SigningName()] = s
	}
	return g
}

// ServeHTTP implements http.Handler.
func (g *gate) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Date", g.world.Clock.Now().UTC().Format(http.TimeFormat))
	if strings.HasPrefix(r.URL.Path, adminPrefix) {
		g.admin.ServeHTTP(w, r)
		return
	}
	setRequestID(w.Header())
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, MaxBody))
	if err != nil {
		if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge {
			p := g.guess(r)
			p.WriteError(w, p.Failure(wire.TooLarge, fmt.Sprintf("the body exceeds %d bytes", MaxBody)))
		}
		return // otherwise the client has gone
	}
	id, fail := g.verifier.Verify(r, body)
	if fail != nil {
		p := g.speaks(fail.Service, r)
		p.WriteError(w, p.Failure(fail.Failure, fail.Message))
		return
	}
	service := g.services[id.Service]
	p := g.speaks(id.Service, r)
	if service == nil {
		p.WriteError(w, p.Failure(wire.UnknownOperation, "the service "+id.Service+" is not simulated"))
		return
	}
	if !global[id.Service] && !g.world.Account.IsOpen(id.Principal.Account, id.Region) {
		p.WriteError(w, p.Failure(wire.RegionOff, "The security token included in the request is invalid."))
		return
	}
	for name, values := range id.Trailer {
		r.Header[http.CanonicalHeaderKey(name)] = values
	}
	call := &wire.Call{Principal: id.Principal, Region: id.Region, HTTP: r, Body: id.Body}
	g.world.Calls.Add(id.Service, service.Operation(call))
	if g.world.Watch != nil {
		service = watched{service, g.world.Watch}
	}
	g.world.Faults.Serve(w, call, service, p)
}

// watched is a service whose calls are served by a watch.
type watched struct {
	wire.Service
	watch func(operation string, c *wire.Call, serve func())
}

func (s watched) Serve(w http.ResponseWriter, c *wire.Call) {
	s.watch(s.Operation(c), c, func() { s.Service.Serve(w, c) })
}

// speaks is the protocol of the service, and a guess when there is none of that name.
func (g *gate) speaks(service string, r *http.Request) wire.Protocol {
	s := g.services[service]
	if speaker, ok := s.(wire.Speaker); ok {
		return speaker.Protocol()
	}
	if s != nil {
		return restjson.Protocol{}
	}
	return g.guess(r)
}

// guess is the protocol that an unsigned request looks like. Of the services that are told apart by their paths,
// S3's are all that the others don't have; botocore sends it no header of its own when it doesn't sign.
func (g *gate) guess(r *http.Request) wire.Protocol {
	switch {
	case r.Header.Get("X-Amz-Target") != "":
		return awsjson.Protocol{}
	case strings.HasPrefix(r.Header.Get("Content-Type"), "application/x-www-form-urlencoded"):
		return query.Protocol{Namespace: "https://sts.amazonaws.com/doc/2011-06-15/"}
	case r.Header.Get("X-Amz-Content-Sha256") != "":
		return restxml.Protocol{}
	}
	c := &wire.Call{HTTP: r}
	for _, name := range []string{"synthetics", "account", "s3"} {
		if s := g.services[name]; s != nil && s.Operation(c) != "" {
			return g.speaks(name, r)
		}
	}
	return restjson.Protocol{}
}

// setRequestID gives the answer the ids by which AWS's services are asked about it.
func setRequestID(h http.Header) {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails (crypto/rand)
	id := hex.EncodeToString(b[:])
	id = id[:8] + "-" + id[8:12] + "-" + id[12:16] + "-" + id[16:20] + "-" + id[20:]
	h.Set("X-Amzn-Requestid", id)
	h.Set("X-Amz-Request-Id", id)
	h.Set("X-Amz-Id-2", id)
}
