package activities

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"rekey/awssim/fault"
	"rekey/awssim/fleet"
	"rekey/workflows"
)

// visual is a canary with an ignore area and an excluded screenshot.
func visual(runtime string, browsers ...string) fleet.Canary {
	return fleet.Canary{
		Name: "checkout", Runtime: runtime, Browsers: browsers,
		Screenshots: []fleet.Screenshot{{Name: "home", Ignore: []string{"0,0,200,40"}}, {Name: "cart"}, {Name: "advert", Excluded: true}},
	}
}

func baseline(recorded workflows.Settings, to workflows.Encryption, runs []workflows.Run) workflows.SetBaselineInput {
	return workflows.SetBaselineInput{Cell: cell, Recorded: recorded, To: to, ToLocation: recorded.Location, Runs: runs, Poll: poll}
}

// onePerBrowser are the newest runs of each browser.
func onePerBrowser(runs []workflows.Run) []workflows.Run {
	seen := map[string]bool{}
	var list []workflows.Run
	for _, r := range runs {
		if !seen[r.Browser] {
			seen[r.Browser] = true
			list = append(list, r)
		}
	}
	return list
}

func TestSetBaseline(t *testing.T) {
	for name, canary := range map[string]fleet.Canary{
		"older runtime": visual("syn-nodejs-puppeteer-10.0"),
		"newer runtime": visual("syn-nodejs-puppeteer-11.0"),
		"two browsers":  visual("syn-nodejs-puppeteer-11.0", "CHROME", "FIREFOX"),
		"playwright":    visual("syn-nodejs-playwright-3.0", "FIREFOX"),
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, canaries(canary))
			recorded := w.recorded("checkout")
			runs := onePerBrowser(w.migrated(recorded).Runs)
			in := baseline(recorded, w.under("new"), runs)

			set, err := await[workflows.Updated](w, workflows.SetBaselineActivity, in)
			if err != nil {
				t.Fatal(err)
			}
			wanted := recorded.Visual
			for i := range wanted {
				for _, r := range runs {
					if wanted[i].Browser == "" || r.Browser == "" || wanted[i].Browser == r.Browser {
						wanted[i].BaseRunID = r.ID
					}
				}
			}
			check := confirm(recorded, w.under("new"))
			if diff := cmp.Diff(wanted, set.Visual); diff != "" {
				t.Errorf("the references of the answer (-want +got):\n%s", diff)
			}
			check.Visual = wanted
			if _, err := await[workflows.Confirmed](w, workflows.ConfirmUpdateActivity, check); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(wanted, w.recorded("checkout").Visual); diff != "" {
				t.Errorf("baseline, with its screenshots and ignore areas (-want +got):\n%s", diff)
			}
			if set.Since.IsZero() {
				t.Error("the answer has no date")
			}

			again, err := await[workflows.Updated](w, workflows.SetBaselineActivity, in)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(wanted, again.Visual); diff != "" {
				t.Errorf("the references of a repeat's answer (-want +got):\n%s", diff)
			}
			if n := len(w.mutations("synthetics:UpdateCanary")); n != 2 { // the encryption's, and this one
				t.Errorf("%d updates, want 2: a repeat after a success does nothing", n)
			}
		})
	}
}

func TestSetBaselineThatWasAwaited(t *testing.T) {
	w := newWorld(t, canaries(visual("syn-nodejs-puppeteer-11.0")))
	recorded := w.recorded("checkout")
	brought := recorded.Visual[0].Screenshots
	runs := onePerBrowser(w.migrated(recorded).Runs)
	recorded.Visual = []workflows.VisualReference{{BaseRunID: "nextrun", Browser: recorded.Visual[0].Browser}}

	set, err := await[workflows.Updated](w, workflows.SetBaselineActivity, baseline(recorded, w.under("new"), runs))
	if err != nil {
		t.Fatal(err)
	}
	wanted := []workflows.VisualReference{{BaseRunID: runs[0].ID, Browser: recorded.Visual[0].Browser, Screenshots: brought}}
	if diff := cmp.Diff(wanted, set.Visual); diff != "" {
		t.Errorf("references, with the screenshots that a run has brought (-want +got):\n%s", diff)
	}
	check := confirm(recorded, w.under("new"))
	check.Visual = set.Visual
	if _, err := await[workflows.Confirmed](w, workflows.ConfirmUpdateActivity, check); err != nil {
		t.Fatal(err)
	}
	check.Visual[0].Screenshots = nil // as when no run had brought them by then
	must[workflows.Confirmed](w, workflows.ConfirmUpdateActivity, check)
}

func TestSetBaselineRefused(t *testing.T) {
	w := newWorld(t, canaries(visual("syn-nodejs-puppeteer-11.0")))
	recorded := w.recorded("checkout")
	runs := onePerBrowser(w.migrated(recorded).Runs)

	drifted := recorded
	drifted.RoleARN = w.role("other")
	_, err := await[workflows.Updated](w, workflows.SetBaselineActivity, baseline(drifted, w.under("new"), runs))
	refused(t, err, workflows.CanaryChanged)

	_, err = await[workflows.Updated](w, workflows.SetBaselineActivity, baseline(recorded, w.under("old"), runs))
	if about := refused(t, err, workflows.CanaryChanged); about["changed"] != "encryption" {
		t.Errorf("the problem is about %v", about)
	}

	unknown := []workflows.Run{{ID: "00000000-0000-4000-8000-000000000000"}}
	_, err = await[workflows.Updated](w, workflows.SetBaselineActivity, baseline(recorded, w.under("new"), unknown))
	refused(t, err, workflows.AWSRefused)

	gone := recorded
	gone.Name = "deleted"
	_, err = run[workflows.Updated](w, workflows.SetBaselineActivity, baseline(gone, w.under("new"), runs))
	refused(t, err, workflows.CanaryGone)

	if n := len(w.mutations("synthetics:UpdateCanary")); n != 1 { // the encryption's
		t.Errorf("%d updates, want 1", n)
	}
}

func TestSetBaselineLostAnswer(t *testing.T) {
	w := newWorld(t, canaries(visual("syn-nodejs-puppeteer-11.0")))
	recorded := w.recorded("checkout")
	in := baseline(recorded, w.under("new"), onePerBrowser(w.migrated(recorded).Runs))
	w.fails(fault.Rule{Service: "synthetics", Operation: "UpdateCanary", FailAfter: 1, Times: 1})
	_, err := run[workflows.Updated](w, workflows.SetBaselineActivity, in)
	retried(t, err)
	if _, err := await[workflows.Updated](w, workflows.SetBaselineActivity, in); err != nil {
		t.Fatal(err)
	}
	if n := len(w.mutations("synthetics:UpdateCanary")); n != 2 {
		t.Errorf("%d updates, want 2: the encryption's, and this one", n)
	}
}

func TestSetBaselineDenied(t *testing.T) {
	w := newWorld(t, canaries(visual("syn-nodejs-puppeteer-11.0")),
		denying(`{"Effect": "Deny", "Action": "synthetics:GetCanary", "Resource": "*"}`))
	recorded := w.recorded("checkout")
	_, err := run[workflows.Updated](w, workflows.SetBaselineActivity, baseline(recorded, recorded.From, []workflows.Run{{ID: "run-1"}}))
	refused(t, err, workflows.AccessDenied)
}
