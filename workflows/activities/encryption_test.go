package activities

import (
	"testing"
	"time"

	"rekey/awssim/fault"
	"rekey/awssim/fleet"
	"rekey/workflows"
)

// change asks that a canary have an encryption.
func (w *world) change(recorded workflows.Settings, to workflows.Encryption) workflows.UpdateInput {
	return workflows.UpdateInput{Cell: cell, Recorded: recorded, To: to, ToLocation: recorded.Location, Poll: poll}
}

func confirm(recorded workflows.Settings, to workflows.Encryption) workflows.ConfirmInput {
	return workflows.ConfirmInput{Cell: cell, Name: recorded.Name, ID: recorded.ID, To: to, ToLocation: recorded.Location, Poll: poll}
}

// updated changes a canary's encryption and waits until that has settled.
func (w *world) updated(recorded workflows.Settings, to workflows.Encryption) workflows.Updated {
	w.t.Helper()
	out, err := await[workflows.Updated](w, workflows.UpdateCanaryActivity, w.change(recorded, to))
	if err != nil {
		w.t.Fatal(err)
	}
	if _, err := await[workflows.Confirmed](w, workflows.ConfirmUpdateActivity, confirm(recorded, to)); err != nil {
		w.t.Fatal(err)
	}
	return out
}

func TestUpdateCanary(t *testing.T) {
	w := newWorld(t, canaries(fleet.Canary{Name: "checkout"}))
	recorded, to := w.recorded("checkout"), w.under("new")

	before := w.sim.World.Clock.Now()
	updated := must[workflows.Updated](w, workflows.UpdateCanaryActivity, w.change(recorded, to))
	if updated.Since.Before(before) || updated.Since.After(w.sim.World.Clock.Now().Add(time.Second)) {
		t.Errorf("since %s is not when AWS answered (%s and after)", updated.Since, before)
	}
	confirmed, err := await[workflows.Confirmed](w, workflows.ConfirmUpdateActivity, confirm(recorded, to))
	if err != nil || confirmed.State != "RUNNING" {
		t.Fatalf("got %+v, %v", confirmed, err)
	}
	if now := w.sim.World.Clock.Now(); !confirmed.Settled.After(updated.Since) || confirmed.Settled.After(now.Add(time.Second)) {
		t.Errorf("settled at %s, which is not when AWS showed it (after %s, by %s)", confirmed.Settled, updated.Since, now)
	}
	if got := w.recorded("checkout").From; got != to {
		t.Errorf("the canary has %v, want %v", got, to)
	}

	again := must[workflows.Updated](w, workflows.UpdateCanaryActivity, w.change(recorded, to))
	if again.Since.IsZero() {
		t.Error("a repeat does not say since when")
	}
	if n := len(w.mutations("synthetics:UpdateCanary")); n != 1 {
		t.Errorf("%d updates, want one: a repeat after a success does nothing", n)
	}
}

func TestUpdateCanaryToEveryEncryption(t *testing.T) {
	w := newWorld(t, canaries(fleet.Canary{Name: "checkout"}))
	for _, to := range []workflows.Encryption{
		{Mode: workflows.SSES3}, w.under("new"), {Mode: workflows.AWSManaged}, w.under("old"),
	} {
		w.updated(w.recorded("checkout"), to)
		if got := w.recorded("checkout").From; got != to {
			t.Errorf("the canary has %v, want %v", got, to)
		}
	}
}

func TestUpdateCanaryLostAnswer(t *testing.T) {
	w := newWorld(t, canaries(fleet.Canary{Name: "checkout"}))
	recorded := w.recorded("checkout")
	w.fails(fault.Rule{Service: "synthetics", Operation: "UpdateCanary", FailAfter: 1, Times: 1})
	_, err := run[workflows.Updated](w, workflows.UpdateCanaryActivity, w.change(recorded, w.under("new")))
	retried(t, err)
	// The repeat reads first: it finds the canary updating, and then updated.
	w.updated(recorded, w.under("new"))
	if n := len(w.mutations("synthetics:UpdateCanary")); n != 1 {
		t.Errorf("%d updates, want one", n)
	}
}

func TestUpdateCanaryDrifted(t *testing.T) {
	w := newWorld(t, canaries(fleet.Canary{Name: "checkout"}))
	recorded := w.recorded("checkout")
	recorded.RoleARN = w.role("other")
	_, err := run[workflows.Updated](w, workflows.UpdateCanaryActivity, w.change(recorded, w.under("new")))
	if about := refused(t, err, workflows.CanaryChanged); about["changed"] != "role" {
		t.Errorf("the problem is about %v", about)
	}
	if n := len(w.mutations("synthetics:UpdateCanary")); n != 0 {
		t.Errorf("%d updates, want none", n)
	}
}

func TestUpdateCanaryGone(t *testing.T) {
	w := newWorld(t)
	gone := workflows.Settings{Name: "checkout", ID: "id-1"}
	_, err := run[workflows.Updated](w, workflows.UpdateCanaryActivity, w.change(gone, w.under("new")))
	refused(t, err, workflows.CanaryGone)
	_, err = run[workflows.Confirmed](w, workflows.ConfirmUpdateActivity, confirm(gone, w.under("new")))
	refused(t, err, workflows.CanaryGone)
}

func TestUpdateCanaryNotUpdatable(t *testing.T) {
	w := newWorld(t, canaries(fleet.Canary{Name: "checkout", State: "ERROR"}))
	_, err := run[workflows.Updated](w, workflows.UpdateCanaryActivity, w.change(w.recorded("checkout"), w.under("new")))
	if about := refused(t, err, workflows.CanaryNotUpdatable); about["canary_state"] != "ERROR" {
		t.Errorf("the problem is about %v", about)
	}
}

// TestUpdateCanaryToAKeyThatDoesNotEncrypt disables keys after the plan was frozen: nobody's canary is moved to one, nor back
// to one, where its runs could not save their artifacts. A key that can't be described is taken to be usable.
func TestUpdateCanaryToAKeyThatDoesNotEncrypt(t *testing.T) {
	cases := map[string]struct {
		to      string
		state   string // of the key
		restore bool
		want    workflows.Reason
	}{
		"disabled":                   {"new", "Disabled", false, workflows.KeyNotUsable},
		"pending deletion":           {"new", "PendingDeletion", false, workflows.KeyNotUsable},
		"disabled, on the way back":  {"new", "Disabled", true, workflows.NotReturnable},
		"usable, on the way back":    {"new", "Enabled", true, ""},
		"nobody may describe it":     {"vault/eu-west-1/private", "Disabled", false, ""},
		"shared by another account":  {"vault/eu-west-1/shared", "Disabled", false, workflows.KeyNotUsable},
		"enabled in another account": {"vault/eu-west-1/shared", "Enabled", false, ""},
	}
	for name, tt := range cases {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, canaries(fleet.Canary{Name: "checkout"}))
			in := w.change(w.recorded("checkout"), w.under(tt.to))
			if in.Restore = tt.restore; tt.restore {
				in.Given, in.GivenLocation = in.Recorded.From, in.Recorded.Location
			}
			if err := w.sim.SetKeyState(in.To.KeyARN, tt.state); err != nil {
				t.Fatal(err)
			}
			_, err := run[workflows.Updated](w, workflows.UpdateCanaryActivity, in)
			updates := len(w.mutations("synthetics:UpdateCanary"))
			if tt.want == "" {
				if err != nil || updates != 1 {
					t.Errorf("%d updates, and %v", updates, err)
				}
				return
			}
			if about := refused(t, err, tt.want); about["key_state"] != tt.state || about["kms_key_arn"] != in.To.KeyARN || updates != 0 {
				t.Errorf("%d updates, and the problem is about %v", updates, about)
			}
		})
	}
}

func TestUpdateCanaryStopped(t *testing.T) {
	for _, state := range []string{"STOPPED", "READY"} {
		w := newWorld(t, canaries(fleet.Canary{Name: "checkout", State: state}))
		recorded := w.recorded("checkout")
		_, err := run[workflows.Updated](w, workflows.UpdateCanaryActivity, w.change(recorded, w.under("new")))
		if about := refused(t, err, workflows.CanaryStopped); about["canary_state"] != state {
			t.Errorf("the problem is about %v", about)
		}
		back := w.change(recorded, w.under("new"))
		back.Restore, back.Given, back.GivenLocation = true, recorded.From, recorded.Location
		must[workflows.Updated](w, workflows.UpdateCanaryActivity, back)
	}
}

func TestUpdateCanaryDenied(t *testing.T) {
	w := newWorld(t, canaries(fleet.Canary{Name: "checkout"}),
		denying(`{"Effect": "Deny", "Action": "synthetics:UpdateCanary", "Resource": "*"}`))
	_, err := run[workflows.Updated](w, workflows.UpdateCanaryActivity, w.change(w.recorded("checkout"), w.under("new")))
	if about := refused(t, err, workflows.AccessDenied); about["operation"] != "synthetics:UpdateCanary" {
		t.Errorf("the problem is about %v", about)
	}
}

func TestUpdateCanaryNotYet(t *testing.T) {
	w := newWorld(t, canaries(fleet.Canary{Name: "checkout"}), func(f *fleet.Fleet) {
		f.Synthetics.UpdateDelay = 24 * time.Hour
	})
	recorded := w.recorded("checkout")
	must[workflows.Updated](w, workflows.UpdateCanaryActivity, w.change(recorded, w.under("new")))
	_, err := run[workflows.Confirmed](w, workflows.ConfirmUpdateActivity, confirm(recorded, w.under("new")))
	waits(t, err)
	_, err = run[workflows.Updated](w, workflows.UpdateCanaryActivity, w.change(recorded, w.under("new")))
	waits(t, err)
}

func TestConfirmUpdateRolledBack(t *testing.T) {
	const reason = "The role defined for the function cannot be assumed by Lambda."
	w := newWorld(t, canaries(fleet.Canary{Name: "checkout", RollBackNextUpdate: reason}))
	recorded := w.recorded("checkout")
	must[workflows.Updated](w, workflows.UpdateCanaryActivity, w.change(recorded, w.under("new"))) // a 200 means queued
	_, err := await[workflows.Confirmed](w, workflows.ConfirmUpdateActivity, confirm(recorded, w.under("new")))
	if about := refused(t, err, workflows.RolledBackByAWS); about["aws_reason"] != reason {
		t.Errorf("the problem is about %v", about)
	}
}

func TestUpdateCanaryBack(t *testing.T) {
	w := newWorld(t, canaries(fleet.Canary{Name: "checkout"}))
	recorded := w.recorded("checkout")
	w.updated(recorded, w.under("new"))

	back := w.change(recorded, recorded.From)
	_, err := run[workflows.Updated](w, workflows.UpdateCanaryActivity, back)
	refused(t, err, workflows.CanaryChanged) // forward, an encryption that nobody recorded is drift
	back.Restore, back.Given, back.GivenLocation = true, workflows.Encryption{Mode: workflows.SSES3}, recorded.Location
	_, err = run[workflows.Updated](w, workflows.UpdateCanaryActivity, back)
	refused(t, err, workflows.CanaryChanged) // back, one that the migration did not give
	back.Given = w.under("new")
	if _, err := await[workflows.Updated](w, workflows.UpdateCanaryActivity, back); err != nil {
		t.Fatal(err)
	}
	if _, err := await[workflows.Confirmed](w, workflows.ConfirmUpdateActivity, confirm(recorded, recorded.From)); err != nil {
		t.Fatal(err)
	}
	if got := w.recorded("checkout").From; got != recorded.From {
		t.Errorf("the canary has %v, want %v", got, recorded.From)
	}
}
