package service

import (
	"context"
	"errors"
	"fmt"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"

	rekeyv1 "rekey/gen/rekey/v1"
	"rekey/service/identity"
	"rekey/service/roles"
	"rekey/workflows"
)

const (
	// maxScopes is how many migrations' accounts are remembered.
	maxScopes = 1024
	// scopeLife is how long they are. A migration's accounts never change, but once its history has expired, after days,
	// the same request id may begin another one of the same id.
	scopeLife = time.Hour
)

// authorizer lets callers do what their roles allow.
type authorizer struct {
	table *roles.Table
	// view asks a migration for its spec.
	view   func(ctx context.Context, migration string) (workflows.MigrationView, error)
	scopes *lru.Cache[string, remembered]
}

// remembered is the scope of a migration, as it was read.
type remembered struct {
	scope roles.Scope
	read  time.Time
}

func newAuthorizer(table *roles.Table, view func(context.Context, string) (workflows.MigrationView, error)) (*authorizer, error) {
	scopes, err := lru.New[string, remembered](maxScopes)
	return &authorizer{table: table, view: view, scopes: scopes}, err
}

// authorize refuses a call that its caller's roles do not allow. The request has been checked: it names what it is about.
func (a *authorizer) authorize(ctx context.Context, method string, request any) error {
	if !isOurs(serviceOf(method)) {
		return nil // health and reflection, for whoever can connect
	}
	role, ok := needed[method]
	if !ok {
		return fmt.Errorf("no role is set for %s", method)
	}
	caller := identity.From(ctx)
	reach := a.table.Reach(caller, role)
	if reach.IsEverywhere() {
		return nil
	}
	if about, ok := request.(interface{ GetMigrationId() string }); ok {
		return a.authorizeMigration(ctx, caller, role, about.GetMigrationId())
	}
	scope, err := scopeOfRequest(request)
	if err != nil {
		return err
	}
	return cover(caller, role, reach, scope)
}

// authorizeMigration refuses a call about a migration. One that the caller may not read is not there for it: that it is
// refused would tell that there is one, and in which accounts.
func (a *authorizer) authorizeMigration(ctx context.Context, caller workflows.Caller, role roles.Role, migration string) error {
	readable := a.table.Reach(caller, roles.Reader)
	if readable.IsNowhere() { // the same for every id
		return callerRoleMissing(string(role), caller, "")
	}
	scope, err := a.scope(ctx, migration)
	if errors.Is(err, ErrNotFound) {
		return migrationNotReadable(migration)
	}
	if err != nil {
		return explain(migration, err)
	}
	if _, ok := readable.Covers(scope); !ok {
		return migrationNotReadable(migration)
	}
	return cover(caller, role, a.table.Reach(caller, role), scope)
}

// cover refuses what is about an account in which the caller does not have the role.
func cover(caller workflows.Caller, role roles.Role, reach roles.Reach, scope roles.Scope) error {
	if missing, ok := reach.Covers(scope); !ok {
		return callerRoleMissing(string(role), caller, missing)
	}
	return nil
}

// scope is the accounts of a migration.
func (a *authorizer) scope(ctx context.Context, migration string) (roles.Scope, error) {
	if known, ok := a.scopes.Get(migration); ok && time.Since(known.read) < scopeLife {
		return known.scope, nil
	}
	read := time.Now()
	view, err := a.view(ctx, migration)
	if err != nil {
		return roles.Scope{}, err
	}
	scope := scopeOfSpec(view.Spec)
	a.scopes.Add(migration, remembered{scope: scope, read: read})
	return scope, nil
}

// migrationNotReadable says that there is no such migration for the caller, whether or not there is one for others.
func migrationNotReadable(migration string) error {
	return &refusal{
		reason:   rekeyv1.ErrorReason_ERROR_REASON_MIGRATION_NOT_FOUND,
		message:  fmt.Sprintf("There is no migration %s that you may read, or its history has expired.", migration),
		nextStep: "List the migrations to find its id.",
		metadata: about(migration),
	}
}

// callerRoleMissing refuses what the caller's roles do not allow, in that account; in "*", every account; or, where none is
// given, anywhere.
func callerRoleMissing(role string, caller workflows.Caller, account string) error {
	metadata := map[string]string{"role": role, "caller": caller.Name}
	place := ""
	switch account {
	case "":
	case roles.Anywhere:
		place = " for every account, as a selection by organizational units needs it"
	default:
		place = " for account " + account
	}
	if account != "" {
		metadata["account_id"] = account
	}
	return &refusal{
		reason:   rekeyv1.ErrorReason_ERROR_REASON_CALLER_ROLE_MISSING,
		message:  fmt.Sprintf("%s does not have the role %s%s.", callerInWords(caller), role, place),
		nextStep: "Ask whoever runs rekey-server to give it, in the table of --roles.",
		metadata: metadata,
	}
}

// callerInWords is how a message names a caller.
func callerInWords(caller workflows.Caller) string {
	if caller.Name == "" {
		return "A caller without a name"
	}
	return "The caller " + caller.Name
}
