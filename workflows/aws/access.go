package aws

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"rekey/workflows"
	"rekey/workflows/aws/limiter"
)

// Config says how member accounts are entered. Every field has a default.
type Config struct {
	// MemberRole is the name, with its path where it has one, of the role that is assumed in each account:
	// "rekey-member" when empty.
	MemberRole string
	// ExternalID is passed to AssumeRole; none when empty. AWS does not treat it as a secret, but it is not logged
	// either. 2 to 1,224 characters (AWS STS API, AssumeRole).
	ExternalID string
	// SessionName is the name under which member accounts see rekey in CloudTrail: "rekey" when empty. 2 to 64
	// characters (AWS STS API, AssumeRole).
	SessionName string
	// EndpointURL replaces AWS's endpoints, for a simulated AWS. When empty the SDK's own AWS_ENDPOINT_URL counts.
	EndpointURL string
	// Region is where AssumeRole is called when the environment names none: "us-east-1" when empty. Sessions
	// from a Region that is enabled by default are valid in every Region.
	Region string
	// RateShare is the part of the rates that AWS bears which is used, the rest being left to the accounts' owners: above 0
	// and at most 1, which 0 stands for. Owners who call AWS meanwhile get their part in either case, since whoever is
	// throttled gives way.
	RateShare float64
	// Logger takes what the SDK logs, which is little: slog's default when nil.
	Logger *slog.Logger
	// Base replaces the SDK's default chain of configuration and credentials, for tests.
	Base *awssdk.Config
}

// Bounds of what is kept. What falls out is made again, and a rate is learned anew.
const (
	maxSessions = 1024     // accounts
	maxConfigs  = 4 * 1024 // account × Region × service: some two kilobytes each
	// maxLimiters bounds the learned rates, of an account × Region × operation: some 1,300 bytes each. A migration has some 400
	// cells at work at a time, with a dozen operations each.
	maxLimiters = 8 * 1024
)

// requestTimeout ends a single HTTP exchange that hangs. Activities have bounds of their own, which end calls
// earlier or later; this one also covers AssumeRole, which the SDK runs without the caller's deadline.
const requestTimeout = time.Minute

// appID names rekey in the User-Agent of each call, which CloudTrail records.
const appID = "rekey"

// Access enters accounts. It is safe for concurrent use.
type Access struct {
	role     string
	base     awssdk.Config
	sessions lru[string, *session]
	configs  lru[configKey, awssdk.Config]
	limiters lru[api, *limiter.Limiter]
	share    float64
	options  sessionOptions
}

type configKey struct {
	cell    workflows.Cell
	service string
}

// New loads the base configuration: the SDK's default chain unless c.Base is set. It calls nothing in AWS.
func New(ctx context.Context, c Config) (*Access, error) {
	base, err := load(ctx, c)
	if err != nil {
		return nil, fmt.Errorf("AWS base configuration: %w", err)
	}
	base.AppID = appID
	base.Logger = logger(cmp.Or(c.Logger, slog.Default()))
	base.Retryer = newRetryer
	if base.Region == "" {
		base.Region = cmp.Or(c.Region, "us-east-1")
	}
	return &Access{
		role:     cmp.Or(c.MemberRole, "rekey-member"),
		base:     base,
		sessions: newLRU[string, *session](maxSessions),
		configs:  newLRU[configKey, awssdk.Config](maxConfigs),
		limiters: newLRU[api, *limiter.Limiter](maxLimiters),
		share:    cmp.Or(c.RateShare, 1),
		options: sessionOptions{
			sts:        sts.NewFromConfig(base),
			name:       cmp.Or(c.SessionName, "rekey"),
			externalID: c.ExternalID,
		},
	}, nil
}

func load(ctx context.Context, c Config) (awssdk.Config, error) {
	if c.Base != nil {
		base := c.Base.Copy()
		if c.EndpointURL != "" {
			base.BaseEndpoint = awssdk.String(c.EndpointURL)
		}
		if base.HTTPClient == nil {
			base.HTTPClient = httpClient() // else every client of a service would make connections of its own
		}
		return base, nil
	}
	options := []func(*config.LoadOptions) error{config.WithHTTPClient(httpClient())}
	if c.EndpointURL != "" {
		options = append(options, config.WithBaseEndpoint(c.EndpointURL))
	}
	return config.LoadDefaultConfig(ctx, options...)
}

func httpClient() awssdk.HTTPClient {
	return awshttp.NewBuildableClient().WithTimeout(requestTimeout).WithTransportOptions(func(t *http.Transport) {
		t.MaxIdleConnsPerHost = 64 // one worker speaks to few hosts with many activities at a time
	})
}

// Config is the configuration for one service of a cell, with the member role's credentials. The service's name, as IAM's
// actions have it, keeps apart what is learned about its rates: configurations of one account share a session, and
// calls of one operation in a cell share a limiter.
//
// It calls nothing: whether the account can be entered shows at the first call.
func (a *Access) Config(cell workflows.Cell, service string) awssdk.Config {
	return a.configs.get(configKey{cell, service}, func() awssdk.Config {
		session := a.sessions.get(cell.Account, func() *session {
			return newSession(a.MemberRole(cell), a.options)
		})
		retryer := newRetryer() // one for the cell's service, where the SDK would make one per client
		c := a.base.Copy()
		c.Region = cell.Region
		c.Credentials = session.cache
		c.Retryer = func() awssdk.Retryer { return retryer }
		c.APIOptions = append(c.APIOptions, session.dropWhenExpired, a.takeTurn(cell, service), askGate)
		return c
	})
}

// Hub is the configuration for a service that is asked with the worker's own credentials, in the Region in which the
// partition's global services are.
func (a *Access) Hub(service string) awssdk.Config {
	return a.configs.get(configKey{service: service}, func() awssdk.Config {
		patient := retryer(PatientAttempts)
		c := a.base.Copy()
		c.Region = GlobalRegion(a.base.Region)
		c.Retryer = func() awssdk.Retryer { return patient }
		c.APIOptions = append(c.APIOptions, a.takeTurn(workflows.Cell{Region: c.Region}, service))
		return c
	})
}

// Home is an account's cell in the Region in which the partition's global services are.
func (a *Access) Home(account string) workflows.Cell {
	return workflows.Cell{Account: account, Region: GlobalRegion(a.base.Region)}
}

// Own is the configuration with the worker's own credentials, for what is not a member account's: in its own Region where
// region is empty. Like Config it calls nothing.
func (a *Access) Own(region string) awssdk.Config {
	c := a.base.Copy()
	if region != "" {
		c.Region = region
	}
	return c
}

// MemberRole is the ARN of the role that is assumed for a cell.
func (a *Access) MemberRole(cell workflows.Cell) string {
	return "arn:" + Partition(cell.Region) + ":iam::" + cell.Account + ":role/" + a.role
}
