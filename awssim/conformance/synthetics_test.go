package conformance

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awssynthetics "github.com/aws/aws-sdk-go-v2/service/synthetics"
	"github.com/aws/aws-sdk-go-v2/service/synthetics/types"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

func synthetics() []fact {
	return joined(
		wireFacts(), fieldFacts(), stateFacts(), scheduleFacts(), dryRunFacts(), runFacts(), baselineFacts(),
		runtimeFacts(), locationFacts(), pagingFacts(), switchFacts(),
	)
}

// The codes of the API model.
const (
	validation   = "ValidationException"
	conflict     = "ConflictException"
	notFound     = "ResourceNotFoundException"
	accessDenied = "AccessDeniedException"
)

// noCanary is a name that no account has.
const noCanary = "no-such-canary-of-rekey"

func wireFacts() []fact {
	return []fact{
		{
			name: "AnswersToUpdateStartAndStopAreEmpty", status: confirmed, mutates: true, needs: []subject{stoppedCanary, key},
			source: "API_UpdateCanary, API_StartCanary, API_StopCanary: an HTTP 200 response with an empty HTTP body",
			check:  answersAreEmpty,
		},
		{
			name: "TimestampsAreSecondsSince1970", status: confirmed, needs: []subject{canary},
			source: "API model, restJson1", check: timestampsAreSeconds,
		},
		{
			name: "GetCanaryOfMissingCanaryIsAGenericResourceNotFound", status: confirmed,
			source: "the SDK's deserializer of GetCanary, which types two errors only; CloudFormation's handler, CanaryHelper.java",
			check: func(x *trial) {
				_, err := x.synthetics.GetCanary(x.ctx, &awssynthetics.GetCanaryInput{Name: aws.String(noCanary)})
				x.refused(err, notFound)
				x.status(err, http.StatusNotFound)
				if _, typed := errors.AsType[*types.ResourceNotFoundException](err); typed {
					x.Error("the SDK types the error now")
				}
			},
		},
		{
			name: "GetCanaryRunsOfMissingCanaryIsATypedResourceNotFound", status: confirmed, source: "API_GetCanaryRuns, Errors",
			check: func(x *trial) {
				_, err := x.synthetics.GetCanaryRuns(x.ctx, &awssynthetics.GetCanaryRunsInput{Name: aws.String(noCanary)})
				if _, typed := errors.AsType[*types.ResourceNotFoundException](err); !typed {
					x.Errorf("%v", err)
				}
			},
		},
		{
			name: "ChangesOfMissingCanariesAreTypedResourceNotFounds", status: confirmed, mutates: true,
			source: "API_UpdateCanary, API_StartCanary, API_StopCanary, API_StartCanaryDryRun, Errors",
			check:  missingCanaries,
		},
		{
			name: "CallsWithoutPermissionAre403AccessDenied", status: confirmed, needs: []subject{role, canary},
			source: "API model, AccessDeniedException",
			check: func(x *trial) {
				_, err := x.as(role, x.caller).synthetics.GetCanary(x.ctx, &awssynthetics.GetCanaryInput{Name: x.named(canary)})
				x.refused(err, accessDenied)
				x.status(err, http.StatusForbidden)
			},
		},
		{
			name: "NamesAreLowerCase", status: confirmed, source: "API model, CanaryName",
			check: func(x *trial) {
				_, err := x.synthetics.GetCanary(x.ctx, &awssynthetics.GetCanaryInput{Name: aws.String("Upper")})
				x.refused(err, validation)
				x.status(err, http.StatusBadRequest)
			},
		},
	}
}

// recorded is a client's option that keeps the body of the last answer.
func recorded(into *string) func(*awssynthetics.Options) {
	keep := middleware.DeserializeMiddlewareFunc("Record", func(
		ctx context.Context, in middleware.DeserializeInput, next middleware.DeserializeHandler,
	) (middleware.DeserializeOutput, middleware.Metadata, error) {
		out, data, err := next.HandleDeserialize(ctx, in)
		answer, ok := out.RawResponse.(*smithyhttp.Response)
		if !ok || err != nil {
			return out, data, err
		}
		body, err := io.ReadAll(answer.Body)
		*into = string(body)
		answer.Body = io.NopCloser(strings.NewReader(*into))
		return out, data, err
	})
	return func(o *awssynthetics.Options) {
		o.APIOptions = append(o.APIOptions, func(stack *middleware.Stack) error { return stack.Deserialize.Add(keep, middleware.After) })
	}
}

func answersAreEmpty(x *trial) {
	var body string
	empty := func(operation string, err error) {
		x.must(err)
		if trimmed := strings.TrimSpace(body); trimmed != "" && trimmed != "{}" {
			x.Errorf("%s answers %s", operation, body)
		}
		x.settled(stoppedCanary)
	}
	x.putBack(stoppedCanary)
	name := x.named(stoppedCanary)
	in := x.under(key)
	in.Name = name
	_, err := x.synthetics.UpdateCanary(x.ctx, in, recorded(&body))
	empty("UpdateCanary", err)
	_, err = x.synthetics.StartCanary(x.ctx, &awssynthetics.StartCanaryInput{Name: name}, recorded(&body))
	empty("StartCanary", err)
	_, err = x.synthetics.StopCanary(x.ctx, &awssynthetics.StopCanaryInput{Name: name}, recorded(&body))
	empty("StopCanary", err)
}

func timestampsAreSeconds(x *trial) {
	var body string
	_, err := x.synthetics.GetCanary(x.ctx, &awssynthetics.GetCanaryInput{Name: x.named(canary)}, recorded(&body))
	x.must(err)
	var shown struct {
		Canary struct{ Timeline struct{ Created float64 } }
	}
	if err := json.Unmarshal([]byte(body), &shown); err != nil || shown.Canary.Timeline.Created < 1e9 {
		x.Errorf("created %v, %v", shown.Canary.Timeline.Created, err)
	}
}

func missingCanaries(x *trial) {
	name := aws.String(noCanary)
	calls := map[string]func() error{
		"UpdateCanary": func() error {
			_, err := x.synthetics.UpdateCanary(x.ctx, &awssynthetics.UpdateCanaryInput{
				Name: name, SuccessRetentionPeriodInDays: aws.Int32(31),
			})
			return err
		},
		"StartCanary": func() error {
			_, err := x.synthetics.StartCanary(x.ctx, &awssynthetics.StartCanaryInput{Name: name})
			return err
		},
		"StopCanary": func() error {
			_, err := x.synthetics.StopCanary(x.ctx, &awssynthetics.StopCanaryInput{Name: name})
			return err
		},
		"StartCanaryDryRun": func() error {
			_, err := x.synthetics.StartCanaryDryRun(x.ctx, &awssynthetics.StartCanaryDryRunInput{Name: name})
			return err
		},
	}
	for operation, call := range calls {
		err := call()
		if _, typed := errors.AsType[*types.ResourceNotFoundException](err); !typed {
			x.Errorf("%s: %v", operation, err)
		}
	}
}
