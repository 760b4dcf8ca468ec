package sim

import (
	"errors"
	"fmt"
	"time"

	"rekey/awssim/fleet"
	"rekey/awssim/identity"
	"rekey/awssim/journal"
)

// What accounts' owners do beside a migration happens at once and without a call. It is in the journal, under the name of the
// operation that would do it and by the account's root, so that the verdict can tell it from the migration.

// keyActions are the operations that bring a key into a state; the states that others reach have none.
var keyActions = map[string]string{
	"Enabled": "kms:EnableKey", "Disabled": "kms:DisableKey", "PendingDeletion": "kms:ScheduleKeyDeletion",
}

// SetKeyState enables or disables a key, or schedules its deletion: the state is Enabled, Disabled or PendingDeletion.
func (s *Sim) SetKeyState(arn, state string) error {
	action := keyActions[state]
	if action == "" {
		return fmt.Errorf("nobody brings a key into the state %q", state)
	}
	key, ok := s.World.KMS.Key(arn)
	if !ok {
		return fmt.Errorf("there is no key %q", arn)
	}
	return s.outside(journal.Entry{Account: key.Account, Region: key.Region, Action: action, Resource: arn}, func() error {
		return s.World.KMS.SetKeyState(arn, state)
	})
}

// DeleteRole deletes a role. Its sessions may do nothing any more, and what names it stays.
func (s *Sim) DeleteRole(arn string) error {
	if _, ok := s.World.IAM.Role(arn); !ok {
		return fmt.Errorf("there is no role %q", arn)
	}
	return s.outside(journal.Entry{Account: identity.AccountOf(arn), Action: "iam:DeleteRole", Resource: arn}, func() error {
		s.World.IAM.RemoveRole(arn)
		return nil
	})
}

// LeaveOrganization takes an account out of the organization. Its member role goes too, as CloudFormation takes back the
// stacks of an account that leaves (AWS CloudFormation API Reference, AutoDeployment, RetainStacksOnAccountRemoval).
func (s *Sim) LeaveOrganization(account string) error {
	role := s.Fleet.Names().Role(fleet.MemberRole, account)
	e := journal.Entry{Account: account, Action: "organizations:LeaveOrganization", Resource: "arn:aws:iam::" + account + ":root"}
	err := s.outside(e, func() error { return s.World.Organizations.RemoveAccount(account) })
	if _, ok := s.World.IAM.Role(role); err != nil || !ok {
		return err
	}
	return s.DeleteRole(role)
}

// DeleteCanary deletes a canary in any state.
func (s *Sim) DeleteCanary(arn string) error {
	return s.inOrder(func(time.Time) error { return s.Synthetics.Delete(arn) })
}

// outside does something and notes it.
func (s *Sim) outside(e journal.Entry, do func() error) error {
	return s.inOrder(func(now time.Time) error {
		if err := do(); err != nil {
			return err
		}
		e.Time, e.Kind, e.Principal = now, journal.Mutation, identity.Root(e.Account).ARN
		s.World.Journal.Add(e)
		return nil
	})
}

// inOrder does something at its place among the clock's events: what was due before has happened, also on a busy machine,
// and sees the world as it was.
func (s *Sim) inOrder(do func(now time.Time) error) error {
	now, done := s.World.Clock.Now(), make(chan error, 1)
	s.World.Clock.At(now, func() {
		if s.observer == nil {
			done <- do(now)
			return
		}
		done <- s.observer.Outside(func() error { return do(now) })
	})
	select {
	case err := <-done:
		return err
	case <-s.closed:
		return errors.New("the simulation is closed")
	}
}
