package main

import (
	"bytes"
	"encoding/json"
	"fmt"

	"go.temporal.io/server/common/dynamicconfig"
)

// dynamicConfig returns the settings in which this server differs from the defaults, with the caller's on top.
func (o *options) dynamicConfig() (dynamicconfig.StaticClient, error) {
	values := dynamicconfig.StaticClient{
		// One partition per task queue: fairness and rate limits are exact, and one machine is a little faster.
		dynamicconfig.MatchingNumTaskqueueReadPartitions.Key():  1,
		dynamicconfig.MatchingNumTaskqueueWritePartitions.Key(): 1,
		// Fairness keys share a task queue between accounts and migrations.
		dynamicconfig.MatchingEnableFairness.Key(): true,
		// A worker that shuts down gives back its polls at once, so that no task waits for their timeout.
		dynamicconfig.EnableCancelWorkerPollsOnShutdown.Key(): true,
		// A listing is a visibility query; the default of 10 a second is too few for a test suite.
		dynamicconfig.FrontendMaxNamespaceVisibilityRPSPerInstance.Key(): 100,
		// Search attributes that are added at run time can be used at once. Each read then costs a query:
		// hence the higher limits.
		dynamicconfig.ForceSearchAttributesCacheRefreshOnRead.Key(): true,
		dynamicconfig.FrontendPersistenceMaxQPS.Key():               10_000,
		dynamicconfig.HistoryPersistenceMaxQPS.Key():                45_000,
	}
	for key, text := range o.dynamic {
		value, err := parseValue(text)
		if err != nil {
			return nil, fmt.Errorf("--dynamic-config-value %s: %w", key, err)
		}
		values[dynamicconfig.MakeKey(key)] = value
	}
	return values, nil
}

// parseValue reads JSON. A whole number becomes an int, because settings of that type accept nothing else.
func parseValue(text string) (any, error) {
	var value any
	decoder := json.NewDecoder(bytes.NewBufferString(text))
	decoder.UseNumber()
	if err := decoder.Decode(&value); err != nil {
		return nil, fmt.Errorf("%s is not JSON (a string needs quotes): %w", text, err)
	}
	number, ok := value.(json.Number)
	if !ok {
		return value, nil
	}
	if whole, err := number.Int64(); err == nil {
		return int(whole), nil
	}
	return number.Float64()
}
