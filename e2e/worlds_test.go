package e2e

import (
	"fmt"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"rekey/awssim/fleet"
	rekeyv1 "rekey/gen/rekey/v1"
)

// theSwitch is one thing that AWS does not say, and that a world decides.
type theSwitch struct {
	name string
	set  func(f *fleet.Fleet, value bool)
}

// switches are all switches of awssim: every boolean of Synthetics' settings, whichever come to be, and those of the
// world that a migration may notice.
func switches() []theSwitch {
	var list []theSwitch
	settings := reflect.TypeFor[fleet.Fleet]()
	field, _ := settings.FieldByName("Synthetics")
	for i := range field.Type.NumField() {
		if field.Type.Field(i).Type.Kind() == reflect.Bool {
			list = append(list, theSwitch{field.Type.Field(i).Name, func(f *fleet.Fleet, value bool) {
				reflect.ValueOf(&f.Synthetics).Elem().Field(i).SetBool(value)
			}})
		}
	}
	return append(list,
		theSwitch{"GrantFromOwnerAccountSuffices", func(f *fleet.Fleet, v bool) { f.World.GrantFromOwnerAccountSuffices = v }},
		theSwitch{"GrantsIgnoreBoundary", func(f *fleet.Fleet, v bool) { f.World.GrantsIgnoreBoundary = v }},
		theSwitch{"GrantsSurviveRoleRecreation", func(f *fleet.Fleet, v bool) { f.World.GrantsSurviveRoleRecreation = v }},
		theSwitch{"EmptyPages", func(f *fleet.Fleet, v bool) { f.World.EmptyPages = v }},
		theSwitch{"RevocationLingers", func(f *fleet.Fleet, v bool) { f.World.RevocationLinger = seconds(v, 90) }},
		theSwitch{"BucketKeysAreCached", func(f *fleet.Fleet, v bool) { f.World.BucketKeyCache = seconds(v, 120) }},
		theSwitch{"ReplicasConflict", func(f *fleet.Fleet, v bool) {
			f.Synthetics.ReplicaUpdateCode = map[bool]string{true: "ConflictException", false: "ValidationException"}[v]
		}},
	)
}

func seconds(on bool, n int) time.Duration {
	if !on {
		return 0
	}
	return time.Duration(n) * time.Second
}

// pairwise are rows of n booleans in which every two columns have every combination of values: each row is the best of
// those that differ from a few begun ones, column by column.
func pairwise(n int) [][]bool {
	type pair struct {
		a, b   int
		va, vb bool
	}
	open := map[pair]bool{}
	for a := range n {
		for b := a + 1; b < n; b++ {
			for v := range 4 {
				open[pair{a, b, v&1 == 1, v&2 == 2}] = true
			}
		}
	}
	var rows [][]bool
	for len(open) > 0 {
		row := make([]bool, n)
		for column := range n {
			gain := [2]int{}
			for v := range 2 {
				for a := range column {
					if open[pair{a, column, row[a], v == 1}] {
						gain[v]++
					}
				}
				for b := column + 1; b < n; b++ { // what is still to be had further right
					for _, vb := range []bool{false, true} {
						if open[pair{column, b, v == 1, vb}] {
							gain[v]++
						}
					}
				}
			}
			row[column] = gain[1] > gain[0] || gain[1] == gain[0] && (len(rows)+column)%2 == 1
		}
		before := len(open)
		for a := range n {
			for b := a + 1; b < n; b++ {
				delete(open, pair{a, b, row[a], row[b]})
			}
		}
		if len(open) == before {
			panic("a row that covers nothing")
		}
		rows = append(rows, row)
	}
	return rows
}

func TestPairwiseCoversEveryPair(t *testing.T) {
	n := len(switches())
	rows := pairwise(n)
	for a := range n {
		for b := a + 1; b < n; b++ {
			for v := range 4 {
				if !slices.ContainsFunc(rows, func(row []bool) bool { return row[a] == (v&1 == 1) && row[b] == (v&2 == 2) }) {
					t.Fatalf("no row has %d=%v and %d=%v", a, v&1 == 1, b, v&2 == 2)
				}
			}
		}
	}
	t.Logf("%d switches in %d worlds", n, len(rows))
}

// inhabitants are the canaries of a world: one of each kind that a switch is about.
const inhabitants = `
  - {account: shop, region: eu-west-1, name: plain, role: plain, encryption: {mode: SSE_KMS, key: k}}
  - {account: shop, region: eu-west-1, name: by-cron, role: cron, schedule: "cron(0/10 * * * ? *)", encryption: {mode: SSE_KMS, key: k}}
  - {account: shop, region: eu-west-1, name: lasting, role: plain, duration: 7200, encryption: {mode: SSE_KMS, key: k}}
  - {account: shop, region: eu-west-1, name: foreign, role: foreign, encryption: {mode: SSE_KMS, key: central/eu-west-1/k}}
  - {account: shop, region: eu-west-1, name: anew, role: anew, encryption: {mode: SSE_S3}}
  - {account: shop, region: eu-west-1, name: at-rest, role: rest, state: STOPPED, encryption: {mode: SSE_KMS, key: k}}
  - {account: shop, region: eu-west-1, name: broken, role: plain, state: ERROR, encryption: {mode: SSE_S3}}
  - {account: shop, region: eu-west-1, name: visual-old, role: visual-1, runtime: syn-nodejs-puppeteer-9.1, encryption: {mode: SSE_KMS, key: k}, screenshots: [{name: home, ignore: ["0,0,200,40"], changing: ["10,10,120,30"]}, {name: cart}]}
  - {account: shop, region: eu-west-1, name: visual-two, role: visual-2, runtime: syn-nodejs-puppeteer-12.0, browsers: [CHROME, FIREFOX], encryption: {mode: SSE_KMS, key: k}, screenshots: [{name: home, ignore: ["0,0,200,40"], changing: ["10,10,120,30"]}]}
  - {account: shop, region: eu-west-1, name: playwright, role: visual-3, runtime: syn-nodejs-playwright-5.1, encryption: {mode: SSE_S3}}
  - {account: shop, region: eu-west-1, name: everywhere, role: plain, encryption: {mode: SSE_S3}, multi_location: {type: Primary, primary: eu-west-1, replicas: [us-east-1], state: InSync}}
  - {account: shop, region: us-east-1, name: everywhere, role: plain, encryption: {mode: SSE_S3}, multi_location: {type: Replica, primary: eu-west-1, state: InSync}}
`

// TestWorlds migrates under the answers that AWS might give to what it doesn't say: every two switches in every
// combination. In each world the migration is safe; how many canaries it brings to their target is claimed per world.
func TestWorlds(t *testing.T) {
	list := switches()
	rows := pairwise(len(list))
	if os.Getenv("REKEY_MATRIX") != "full" {
		rows = rows[:2]
	}
	for i, row := range rows {
		t.Run(fmt.Sprintf("world-%02d", i+1), func(t *testing.T) {
			var on []string
			f := worldOf(t)
			for k, s := range list {
				s.set(f, row[k])
				if row[k] {
					on = append(on, s.name)
				}
			}
			s := start(t, f)
			visit(s, i)
			t.Logf("with %s", strings.Join(on, ", "))
		})
	}
}

func worldOf(t *testing.T) *fleet.Fleet {
	t.Helper()
	roles := canaryRole("shop", "anew", ", recreated: true")
	for _, name := range []string{"plain", "cron", "foreign", "rest", "visual-1", "visual-2", "visual-3"} {
		roles += canaryRole("shop", name, "")
	}
	text := strings.Replace(inhabitants, "central/eu-west-1/k", "central/eu-west-1/l", 1)
	return parse(t, roles, text)
}

// visit migrates a world's canaries, to a target and by policies that change with the world.
func visit(s *stack, i int) {
	s.t.Helper()
	before := s.all()
	spec := s.spec([]string{shop}, []string{ireland, virginia}, "shop/eu-west-1/l", "shop/us-east-1/l")
	spec.Policies = &rekeyv1.Policies{Baseline: []rekeyv1.BaselinePolicy{
		rekeyv1.BaselinePolicy_BASELINE_POLICY_FROM_PROVEN_RUN, rekeyv1.BaselinePolicy_BASELINE_POLICY_NEXT_RUN,
	}[i%2]}
	if i%3 == 2 {
		spec.Target = &rekeyv1.Target{Mode: rekeyv1.EncryptionMode_ENCRYPTION_MODE_AWS_MANAGED}
	}
	m := s.migrate(spec)
	s.sim.WaitUntil(s.sim.World.Clock.Now().Add(15 * time.Minute))
	s.undisturbed()
	canaries := s.canaries(m)
	if wrong := s.changedOutside(before, canaries); wrong != "" {
		s.t.Errorf("what is not the migration's was touched: %s", wrong)
	}
	if v := s.sim.Verdict(); v.Variance > 0 {
		s.t.Errorf("%d runs differ from their baseline", v.Variance)
	}
	done := 0
	for name, c := range canaries {
		if c.GetState() == migrated {
			done++
		} else {
			s.t.Logf("%s is %s: %s", name, c.GetState(), c.GetProblem().GetReason())
		}
	}
	s.t.Logf("%d of %d canaries migrated", done, len(canaries))
}
