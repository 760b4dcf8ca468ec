package ground

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
)

// Ask asks an admin path of the simulated AWS.
func (g *Ground) Ask(ctx context.Context, path string, into any) error {
	answer, err := Get(ctx, g.Stack.AWS()+"/_awssim/"+path)
	if err != nil {
		return err
	}
	defer func() { _ = answer.Body.Close() }()
	return json.NewDecoder(answer.Body).Decode(into)
}

// Get is what a URL answers. Anything but 200 is an error.
func Get(ctx context.Context, url string) (*http.Response, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return nil, err
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, err
	}
	if answer.StatusCode != http.StatusOK {
		_ = answer.Body.Close()
		return nil, fmt.Errorf("%s: %s", url, answer.Status)
	}
	return answer, nil
}
