package activities

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rekey/awssim/fault"
	"rekey/awssim/fleet"
	"rekey/workflows"
)

func census(patterns ...string) workflows.CensusInput {
	return workflows.CensusInput{Cell: cell, NamePatterns: patterns}
}

func TestTakeCensus(t *testing.T) {
	w := newWorld(t, canaries(
		fleet.Canary{Name: "login", Runtime: "syn-nodejs-puppeteer-6.2"},
		fleet.Canary{Name: "checkout", Location: "shop-artifacts-us/checkout", Encryption: &fleet.Encryption{Mode: "SSE_S3"}},
		fleet.Canary{Name: "elsewhere", Location: "vault-artifacts/elsewhere"},
		fleet.Canary{Name: "gone-bucket", Location: "vault-artifacts/x", State: "STOPPED"},
		fleet.Canary{Name: "us", Region: "us-east-1"},
	))
	got := must[workflows.Census](w, workflows.TakeCensusActivity, census("log*", "check*", "else*"))
	type line struct {
		Name, BucketRegion string
		From               workflows.Encryption
	}
	var lines []line
	for _, c := range got.Canaries {
		lines = append(lines, line{c.Name, c.BucketRegion, c.From})
	}
	want := []line{
		{"checkout", "us-east-1", workflows.Encryption{Mode: workflows.SSES3}},
		{"elsewhere", "", w.under("old")}, // the bucket's account does not let rekey look
		{"login", region, w.under("old")},
	}
	if diff := cmp.Diff(want, lines); diff != "" {
		t.Errorf("canaries (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"syn-nodejs-puppeteer-6.2"}, got.Deprecated); diff != "" {
		t.Errorf("deprecated runtimes (-want +got):\n%s", diff)
	}
}

func TestTakeCensusFilters(t *testing.T) {
	w := newWorld(t, canaries(
		fleet.Canary{Name: "shop-kms", Tags: map[string]string{"team": "shop"}},
		fleet.Canary{Name: "shop-s3", Tags: map[string]string{"team": "shop"}, Encryption: &fleet.Encryption{Mode: "SSE_S3"}},
		fleet.Canary{Name: "pay-kms", Tags: map[string]string{"team": "pay"}},
		fleet.Canary{Name: "other-kms", Tags: map[string]string{"team": "shop"}, Role: "other"},
	))
	in := census("*-kms", "*-s3")
	in.Filter = workflows.CanaryFilter{
		Tags: []string{"team=shop"}, Modes: []workflows.Mode{workflows.SSEKMS}, KeyARNs: []string{w.key("old")},
		RolePatterns: []string{"*/canary"}, RuntimePatterns: []string{"syn-nodejs-puppeteer-*"},
	}
	var names []string
	for _, c := range must[workflows.Census](w, workflows.TakeCensusActivity, in).Canaries {
		names = append(names, c.Name)
	}
	if diff := cmp.Diff([]string{"shop-kms"}, names); diff != "" {
		t.Errorf("canaries (-want +got):\n%s", diff)
	}
}

// TestTakeCensusInARegionThatIsNotEnabled tells a Region that the account has not enabled from credentials that are wrong
// there for another reason: AWS answers both alike.
func TestTakeCensusInARegionThatIsNotEnabled(t *testing.T) {
	const south = "eu-south-1"
	for name, test := range map[string]struct {
		status string
		edit   func(*fleet.Fleet)
		want   workflows.Reason
	}{
		"never enabled":  {want: workflows.RegionDisabled},
		"being enabled":  {status: "ENABLING", want: workflows.RegionDisabled},
		"being disabled": {status: "DISABLING", want: workflows.RegionDisabled},
		"the account may not be asked": {
			edit: denying(`{"Effect": "Deny", "Action": "account:ListRegions", "Resource": "*"}`), want: workflows.CellNotReachable,
		},
		"the account can't be entered": {
			edit: func(f *fleet.Fleet) { f.Roles = f.Roles[1:] }, want: workflows.CellNotReachable,
		},
	} {
		t.Run(name, func(t *testing.T) {
			if test.edit == nil {
				test.edit = func(*fleet.Fleet) {}
			}
			w := newWorld(t, test.edit)
			if test.status != "" {
				w.sim.World.Account.SetRegion(shop, south, test.status)
			}
			_, err := run[workflows.Census](w, workflows.TakeCensusActivity, workflows.CensusInput{Cell: workflows.Cell{Account: shop, Region: south}})
			if about := refused(t, err, test.want); about["account_id"] != shop || about["region"] != south {
				t.Errorf("the problem is about %v", about)
			}
		})
	}
}

// TestTakeCensusWithUnknownCredentials has a session that is not recognized although the Region is enabled.
func TestTakeCensusWithUnknownCredentials(t *testing.T) {
	w := newWorld(t)
	w.fails(fault.Rule{Service: "synthetics", Unrecognized: 1})
	_, err := run[workflows.Census](w, workflows.TakeCensusActivity, census())
	refused(t, err, workflows.CellNotReachable)

	w.fails(fault.Rule{Service: "synthetics", Unrecognized: 1}, fault.Rule{Service: "account", Throttle: 1})
	_, err = run[workflows.Census](w, workflows.TakeCensusActivity, census())
	retried(t, err) // whether the Region is enabled was not told yet
}

func TestTakeCensusReadsEveryPage(t *testing.T) {
	var list []fleet.Canary
	for i := range 45 { // a page has 20
		list = append(list, fleet.Canary{Name: fmt.Sprintf("canary-%02d", i), State: "STOPPED", NoHistory: true})
	}
	w := newWorld(t, canaries(list...))
	if got := must[workflows.Census](w, workflows.TakeCensusActivity, census()); len(got.Canaries) != len(list) {
		t.Errorf("the census has %d canaries, want %d", len(got.Canaries), len(list))
	}
}

func TestTakeCensusWhereThereIsNothing(t *testing.T) {
	w := newWorld(t)
	if got := must[workflows.Census](w, workflows.TakeCensusActivity, census()); len(got.Canaries) != 0 || got.Deprecated != nil {
		t.Errorf("got %+v", got)
	}
}

func TestTakeCensusNotReachable(t *testing.T) {
	w := newWorld(t)
	for why, where := range map[string]workflows.Cell{
		"the account has no member role":        {Account: vault, Region: region},
		"the account does not exist, or closed": {Account: "333333333333", Region: region},
	} {
		_, err := run[workflows.Census](w, workflows.TakeCensusActivity, workflows.CensusInput{Cell: where})
		if err == nil {
			t.Errorf("%s, and the census succeeds", why)
			continue
		}
		if about := refused(t, err, workflows.CellNotReachable); about["account_id"] != where.Account || about["region"] != where.Region {
			t.Errorf("%s: the problem is about %v", why, about)
		}
	}
}

func TestTakeCensusDenied(t *testing.T) {
	w := newWorld(t, denying(`{"Effect": "Deny", "Action": "synthetics:Describe*", "Resource": "*"}`))
	_, err := run[workflows.Census](w, workflows.TakeCensusActivity, census())
	about := refused(t, err, workflows.AccessDenied)
	if about["operation"] != "synthetics:DescribeCanaries" || about["aws_code"] != "AccessDeniedException" {
		t.Errorf("the problem is about %v", about)
	}
}

func TestTakeCensusUnderFaults(t *testing.T) {
	for name, rule := range map[string]fault.Rule{
		"throttled once":      {Service: "synthetics", Throttle: 1, Times: 1},
		"failed once":         {Service: "synthetics", FailBefore: 1, Times: 1},
		"session ended early": {Service: "synthetics", Expire: 1, Times: 1},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, canaries(fleet.Canary{Name: "checkout"}))
			w.fails(rule)
			if got := must[workflows.Census](w, workflows.TakeCensusActivity, census()); len(got.Canaries) != 1 {
				t.Errorf("got %+v", got)
			}
		})
	}
}

func TestTakeCensusPutOff(t *testing.T) {
	w := newWorld(t)
	w.fails(fault.Rule{Service: "synthetics", FailBefore: 1})
	_, err := run[workflows.Census](w, workflows.TakeCensusActivity, census())
	retried(t, err)
}
