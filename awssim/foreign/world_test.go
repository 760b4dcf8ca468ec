package foreign

import (
	"fmt"
	"net/http/httptest"
	"os/exec"
	"testing"
	"time"

	"rekey/awssim/fleet"
	"rekey/awssim/sim"
)

// world is a simulated AWS of its own for one client.
type world struct {
	fleet  *fleet.Fleet
	sim    *sim.Sim
	server *httptest.Server
}

// open starts a world in which an update is under way for as long as updateDelay, simulated.
func open(updateDelay time.Duration) (*world, error) {
	f, err := fleet.Load("testdata/world.yaml")
	if err != nil {
		return nil, err
	}
	f.Synthetics.UpdateDelay = updateDelay
	s, err := sim.New(sim.Config{Fleet: f})
	if err != nil {
		return nil, err
	}
	return &world{f, s, httptest.NewServer(s.Handler())}, nil
}

func (w *world) close() {
	w.server.Close()
	w.sim.Close()
}

// user is the world's user of that name.
func (w *world) user(name string) (fleet.User, error) {
	for _, u := range w.fleet.Users {
		if u.Name == name {
			return u, nil
		}
	}
	return fleet.User{}, fmt.Errorf("the world has no user %s", name)
}

// environment keeps a client from everything but the simulated AWS: the user's configuration, credentials and
// proxies, and the metadata service of a machine in AWS.
func (w *world) environment(home string) []string {
	return []string{
		"HOME=" + home,
		"AWS_CONFIG_FILE=/dev/null",
		"AWS_SHARED_CREDENTIALS_FILE=/dev/null",
		"AWS_EC2_METADATA_DISABLED=true",
		"AWS_ENDPOINT_URL=" + w.server.URL,
		"AWS_DEFAULT_REGION=eu-west-1",
		"AWS_PAGER=",
		"NO_PROXY=*",
		"PYTHONDONTWRITEBYTECODE=1",
		"LC_ALL=C.UTF-8",
	}
}

// needs skips the test unless the command works: it shows that a client is there.
func needs(t *testing.T, client, command string, args ...string) {
	t.Helper()
	if out, err := exec.CommandContext(t.Context(), command, args...).CombinedOutput(); err != nil {
		t.Skipf("%s isn't installed here: %v\n%s", client, err, out)
	}
}
