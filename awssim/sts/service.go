// Package sts is the simulated STS: sessions of roles. Sessions expire on the real clock, because clients
// renew them by theirs.
package sts

import (
	"crypto/rand"
	"net/http"
	"net/url"
	"sync"
	"time"

	"rekey/awssim/authz"
	"rekey/awssim/iam"
	"rekey/awssim/identity"
	"rekey/awssim/model"
	"rekey/awssim/wire"
	"rekey/awssim/wire/query"
)

// Config is what a Service works with.
type Config struct {
	Auth  authz.Authorizer
	Roles *iam.Service
	// Now is the real time.
	Now func() time.Time
}

// Service is STS for all accounts of a world. It is safe for concurrent use.
type Service struct {
	Config

	mu       sync.RWMutex
	sessions map[string]Session
	made     int
}

// Session is a role's session with its credentials.
type Session struct {
	Principal identity.Principal
	// AccessKeyID, Secret and Token are its credentials.
	AccessKeyID, Secret, Token string
	// Expires is real.
	Expires time.Time
}

// New is an STS without sessions.
func New(c Config) *Service { return &Service{Config: c, sessions: map[string]Session{}} }

// Session finds a session by its access key id, expired or not.
func (s *Service) Session(accessKeyID string) (Session, bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	found, ok := s.sessions[accessKeyID]
	return found, ok
}

// Start begins a session without asking any policy, for worlds and tests that need a role's credentials.
func (s *Service) Start(p identity.Principal, d time.Duration) Session {
	started := Session{
		Principal: p, AccessKeyID: "ASIA" + rand.Text()[:16], Secret: rand.Text() + rand.Text()[:14],
		Token: "IQoJb3JpZ2luX2Vj" + rand.Text() + rand.Text(), Expires: s.Now().Add(d),
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sessions[started.AccessKeyID] = started
	s.made++
	if s.made%1000 == 0 {
		s.forget()
	}
	return started
}

// forget drops the sessions that ended more than an hour ago; the others still answer ExpiredToken.
func (s *Service) forget() {
	limit := s.Now().Add(-time.Hour)
	for key, session := range s.sessions {
		if session.Expires.Before(limit) {
			delete(s.sessions, key)
		}
	}
}

var protocol = query.Protocol{Namespace: "https://sts.amazonaws.com/doc/2011-06-15/", Version: "2011-06-15"}

// SigningName implements wire.Service.
func (s *Service) SigningName() string { return "sts" }

// Protocol implements wire.Speaker.
func (s *Service) Protocol() wire.Protocol { return protocol }

// Operation implements wire.Service.
func (s *Service) Operation(c *wire.Call) string { return protocol.Operation(c) }

// Serve implements wire.Service.
func (s *Service) Serve(w http.ResponseWriter, c *wire.Call) {
	var f func(*wire.Call, url.Values) (any, error)
	op := s.Operation(c)
	switch op {
	case "AssumeRole":
		f = s.assumeRole
	case "GetCallerIdentity":
		f = s.getCallerIdentity
	default:
		protocol.WriteError(w, protocol.Failure(wire.UnknownOperation, "Could not find operation "+op+" for version 2011-06-15"))
		return
	}
	if v := model.Check("sts", op, query.Input(query.Form(c))); v != nil {
		protocol.WriteError(w, invalid("%s", v))
		return
	}
	protocol.Handle(op, f)(w, c)
}

// getCallerIdentity needs no permission (AWS STS API Reference, GetCallerIdentity).
func (s *Service) getCallerIdentity(c *wire.Call, _ url.Values) (any, error) {
	return struct {
		Arn     string
		UserID  string `xml:"UserId"`
		Account string
	}{c.Principal.CallerARN(), s.userID(c.Principal), c.Principal.Account}, nil
}

func (s *Service) userID(p identity.Principal) string {
	if role, ok := s.Roles.Role(p.ARN); ok {
		return role.ID + ":" + p.SessionName
	}
	if p.IsRoot() {
		return p.Account
	}
	return "AIDA" + p.Account
}
