package e2e

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"rekey/awssim/fleet"
)

// The accounts and keys of the tests' worlds: two member accounts, the hub that enters them, and an account that
// owns central keys. Each member account has an old key K and a new key L per Region, and the central account a
// new key per Region that both members may use.
const (
	hub     = "100000000000"
	shop    = "200000000000"
	pay     = "300000000000"
	central = "900000000000"

	ireland  = "eu-west-1"
	virginia = "us-east-1"

	externalID = "e2e-external-id"

	// The world's user that rekey signs as.
	hubKey    = "AKIAE2EHUB0000000000"
	hubSecret = "e2e-secret-of-the-hub" //nolint:gosec // it opens a simulated AWS alone
)

const world = `
time_scale: 60
world: {grant_propagation: 10s}
accounts:
  - {id: "100000000000", name: hub, regions: [eu-west-1, us-east-1]}
  - {id: "200000000000", name: shop, regions: [eu-west-1, us-east-1]}
  - {id: "300000000000", name: pay, regions: [eu-west-1, us-east-1]}
  - {id: "900000000000", name: central, regions: [eu-west-1, us-east-1]}
users:
  - {account: hub, name: rekey, access_key_id: AKIAE2EHUB0000000000, secret_access_key: e2e-secret-of-the-hub, template: hub}
  - {account: shop, name: owner, access_key_id: AKIAE2ESHOP000000000, secret_access_key: e2e-secret-of-the-shop, template: admin}
roles:
  - {account: shop, name: rekey-member, template: member, trusted_by: ["arn:aws:iam::100000000000:user/rekey"], external_id: e2e-external-id}
  - {account: pay, name: rekey-member, template: member, trusted_by: ["arn:aws:iam::100000000000:user/rekey"], external_id: e2e-external-id}
keys:
  - {account: shop, region: eu-west-1, name: k}
  - {account: shop, region: us-east-1, name: k}
  - {account: shop, region: eu-west-1, name: l}
  - {account: shop, region: us-east-1, name: l}
  - {account: shop, region: eu-west-1, name: disabled, state: Disabled}
  - {account: shop, region: eu-west-1, name: signing, spec: RSA_2048, usage: SIGN_VERIFY}
  - {account: pay, region: eu-west-1, name: k}
  - {account: central, region: eu-west-1, name: l, shared_with: [shop, pay]}
  - {account: central, region: us-east-1, name: l, shared_with: [shop, pay]}
`

// canaryRole is a role of the shop for canaries; inline is more YAML of it.
func canaryRole(account, name, more string) string {
	return fmt.Sprintf("  - {account: %s, name: %s, template: canary%s}\n", account, name, more)
}

// dueInTenHours is a schedule whose next firing is ten hours ahead, at whatever time of day the test runs: ten minutes of real time, so
// that a canary has no run while a test wants it to wait for one. RunDeadline has to be beyond it.
func dueInTenHours() string {
	at := time.Now().UTC().Add(10 * time.Hour)
	return fmt.Sprintf("cron(%d %d * * ? *)", at.Minute(), at.Hour())
}

// parse makes a fleet of the tests' world, and more roles, canaries and top-level YAML.
func parse(t *testing.T, roles, canaries string, more ...string) *fleet.Fleet {
	t.Helper()
	text := strings.Replace(world, "roles:\n", "roles:\n"+roles, 1) + "canaries:" + canaries + strings.Join(more, "")
	f, err := fleet.Parse([]byte(text))
	if err != nil {
		t.Fatalf("fleet: %v\n%s", err, text)
	}
	return f
}

// guardrail is a service control policy of the shop, with one statement.
func guardrail(statement string) string {
	return `organization:
  policies:
    - target: "200000000000"
      name: guardrail
      policy:
        Version: "2012-10-17"
        Statement:
          - ` + statement + "\n"
}
