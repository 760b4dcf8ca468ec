package sim

import (
	"net/http"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/synthetics"
	"github.com/google/go-cmp/cmp"

	"rekey/awssim/fleet"
	simulated "rekey/awssim/synthetics"
	"rekey/awssim/verdict"
)

// blamed are the failures of a canary by what others did, and how many the migration caused.
func blamed(v verdict.Verdict, arn string) (others map[string]int, caused int) {
	others = map[string]int{}
	for _, o := range v.Outcomes {
		for _, f := range o.Failures {
			if o.ARN == arn && f.Caused {
				caused++
			} else if o.ARN == arn {
				others[f.Others]++
			}
		}
	}
	return others, caused
}

// TestWhatOwnersDoIsNotTheMigrations lets an account's owner disable a key, delete a role and delete a canary, through the
// admin paths: the runs that fail are the owner's, none is lost, and nobody's call has stranded a canary.
func TestWhatOwnersDoIsNotTheMigrations(t *testing.T) {
	f := fleet.Generate(fleet.GeneratorConfig{Seed: 1, Canaries: 3, Schedule: "rate(1 minute)"})
	s, endpoint := started(t, f)
	account, region := f.Canaries[0].Account, f.Canaries[0].Region
	key, role := f.Names().Key("old", account, region), f.Names().Role(f.Canaries[1].Role, account)
	arn := func(i int) string { return simulated.ARN(account, region, f.Canaries[i].Name) }
	post := func(path, body string, want int) {
		t.Helper()
		r := ask(t, http.MethodPost, endpoint+"/_awssim/"+path, body)
		defer r.Body.Close()
		if r.StatusCode != want {
			t.Errorf("%s with %s: %s, want %d", path, body, r.Status, want)
		}
	}
	s.later(90 * time.Second)
	post("canaries", `{"arn":"`+arn(2)+`","deleted":true}`, http.StatusNoContent)
	post("roles", `{"arn":"`+role+`","deleted":true}`, http.StatusNoContent)
	s.later(2 * time.Minute)
	post("keys", `{"arn":"`+key+`","state":"Disabled"}`, http.StatusNoContent)
	s.later(2 * time.Minute)
	post("keys", `{"arn":"`+key+`","state":"Enabled"}`, http.StatusNoContent)
	s.later(3 * time.Minute)

	v := s.Verdict()
	want := []map[string]bool{{"kms:DisableKey": true}, {"iam:DeleteRole": true}, {}}
	for i, by := range want {
		others, caused := blamed(v, arn(i))
		got := map[string]bool{}
		for name := range others {
			got[name] = true
		}
		if diff := cmp.Diff(by, got); diff != "" || caused > 0 {
			t.Errorf("%s: %d caused, and failed by others (-want +got):\n%s", f.Canaries[i].Name, caused, diff)
		}
	}
	if v.Lost != 0 || v.Runs < 10 {
		t.Errorf("%d of %d runs lost", v.Lost, v.Runs)
	}
	for _, l := range s.Stranded() {
		if l.By != "" {
			t.Errorf("blamed for what an owner did: %+v", l)
		}
	}
	canaries := synthetics.NewFromConfig(member(t, endpoint, account, region))
	if _, err := canaries.GetCanary(ctx, &synthetics.GetCanaryInput{Name: aws.String(f.Canaries[2].Name)}); err == nil {
		t.Error("the deleted canary is there")
	}
	post("keys", `{"arn":"`+key+`","state":"Lost"}`, http.StatusNotFound)
	post("roles", `{"arn":"`+role+`","deleted":true}`, http.StatusNotFound)
	post("accounts", `{"id":"`+fleet.HubAccount+`","left":true}`, http.StatusNotFound)
}

// TestAccountLeaves takes an account out of the organization: a session of its member role may do nothing any more, nobody
// gets another, and its canaries run on.
func TestAccountLeaves(t *testing.T) {
	f := fleet.Generate(fleet.GeneratorConfig{Seed: 1, Accounts: 2, Canaries: 2, Schedule: "rate(1 minute)"})
	s, endpoint := started(t, f)
	account, region := f.Canaries[0].Account, f.Canaries[0].Region
	canaries := synthetics.NewFromConfig(member(t, endpoint, account, region))
	get := func() error {
		_, err := canaries.GetCanary(ctx, &synthetics.GetCanaryInput{Name: &f.Canaries[0].Name})
		return err
	}
	if err := get(); err != nil {
		t.Fatal(err)
	}
	r := ask(t, http.MethodPost, endpoint+"/_awssim/accounts", `{"id":"`+account+`","left":true}`)
	defer r.Body.Close()
	if err := get(); r.StatusCode != http.StatusNoContent || err == nil {
		t.Errorf("%s, and then %v", r.Status, err)
	}
	if s.World.Organizations.Has(account) || !s.World.Organizations.Has(f.Canaries[1].Account) {
		t.Error("another account left")
	}
	s.later(3 * time.Minute)
	if v := s.Verdict(); v.Lost+v.Failed != 0 || v.Runs < 6 {
		t.Errorf("%d runs, %d lost, %d failed", v.Runs, v.Lost, v.Failed)
	}
}
