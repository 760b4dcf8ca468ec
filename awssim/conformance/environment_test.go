package conformance

import (
	"bufio"
	"context"
	"fmt"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/smithy-go/logging"

	"rekey/awssim/fleet"
	"rekey/awssim/sim"
)

// environment is the AWS that facts are asked of.
type environment struct {
	// endpoint is empty for the real AWS.
	endpoint string
	// mutate allows facts that change something.
	mutate bool
	// subjects are the names by which this AWS has what the facts are asked about.
	subjects map[subject]string
	clock    clock
	// profile is the canaries' account in the shared configuration; empty for the default credential chain.
	profile string
	options []func(*config.LoadOptions) error
	// sim is set for a simulation in this process, whose switches answer the questions.
	sim *sim.Sim
}

// configure is how clients of a profile are set up; the empty one is that of the canaries' account.
func (e *environment) configure(ctx context.Context, profile string) (aws.Config, error) {
	options := e.options
	if profile == "" {
		profile = e.profile
	}
	if profile != "" {
		options = append(slices.Clip(options), config.WithSharedConfigProfile(profile))
	}
	c, err := config.LoadDefaultConfig(ctx, options...)
	if e.endpoint != "" {
		c.BaseEndpoint = &e.endpoint
	}
	return c, err
}

var loadFleet = sync.OnceValues(func() (*fleet.Fleet, error) { return fleet.Load("testdata/fleet.yaml") })

// simulated is a world of its own in which every subject exists, with one switch turned as the fact needs it.
func simulated(t *testing.T, turn func(*fleet.Fleet)) *environment {
	t.Helper()
	loaded, err := loadFleet()
	if err != nil {
		t.Fatal(err)
	}
	f := *loaded // the switches are values, and nothing else is turned
	if turn != nil {
		turn(&f)
	}
	s, err := sim.New(sim.Config{Fleet: &f, TimeScale: 1})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(s.Handler())
	t.Cleanup(func() {
		server.Close()
		s.Close()
	})
	return &environment{
		endpoint: server.URL, mutate: true, subjects: simulatedSubjects(t), clock: simulatedClock{s}, sim: s,
		profile: "canaries",
		options: []func(*config.LoadOptions) error{
			config.WithSharedCredentialsFiles([]string{"testdata/credentials"}), config.WithSharedConfigFiles([]string{}),
			config.WithRegion("eu-west-1"),
			config.WithLogger(logging.Nop{}), // which would tell of connections that end with their world
		},
	}
}

// simulatedSubjects are those of testdata/fleet.yaml.
func simulatedSubjects(t *testing.T) map[subject]string {
	t.Helper()
	file, err := os.Open("testdata/subjects.env")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	named := map[subject]string{}
	for lines := bufio.NewScanner(file); lines.Scan(); {
		if name, value, ok := strings.Cut(lines.Text(), "="); ok && !strings.HasPrefix(name, "#") {
			named[subject(strings.TrimPrefix(name, variablePrefix))] = value
		}
	}
	return named
}

// given is the AWS that the environment variables name: the real one, or what answers at a URL.
func given(ctx context.Context, endpoint string) (*environment, error) {
	e := &environment{mutate: os.Getenv(variablePrefix+"MUTATE") == "1", subjects: map[subject]string{}}
	if endpoint != "aws" {
		if !strings.HasPrefix(endpoint, "http") {
			return nil, fmt.Errorf("the endpoint %q is neither sim, aws nor a URL", endpoint)
		}
		e.endpoint = endpoint
	}
	for _, variable := range os.Environ() {
		if name, value, _ := strings.Cut(variable, "="); value != "" && strings.HasPrefix(name, variablePrefix) {
			e.subjects[subject(strings.TrimPrefix(name, variablePrefix))] = value
		}
	}
	e.clock = clockOf(ctx, e.endpoint)
	return e, nil
}
