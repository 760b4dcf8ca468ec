package main

import (
	"context"
	"fmt"
	"net/http"
	"time"

	uiserver "github.com/temporalio/ui-server/v2/server"
	uiconfig "github.com/temporalio/ui-server/v2/server/config"
	uioptions "github.com/temporalio/ui-server/v2/server/server_options"
)

// startUI serves the web UI and returns, once it answers, the function that stops it.
func startUI(ctx context.Context, o options) (stop func(), err error) {
	ui := uiserver.NewServer(uioptions.WithConfigProvider(&uiconfig.Config{
		Host:                o.uiIP,
		Port:                o.uiPort,
		TemporalGRPCAddress: o.frontend(),
		EnableUI:            true,
		PublicPath:          o.uiPath,
		Codec:               uiconfig.Codec{Endpoint: o.uiCodec},
		DefaultNamespace:    o.namespaces[len(o.namespaces)-1],
		// The UI is reached by plain HTTP, over which a browser returns no secure cookie.
		CORS:             uiconfig.CORS{CookieInsecure: true},
		DisableNewsFetch: true,
		HideLogs:         true,
	}))
	// Start blocks; when it can't listen, it ends the process with the reason.
	go func() { _ = ui.Start() }()

	if err := waitHTTP(ctx, "http://"+local(o.uiIP, o.uiPort)+"/healthz"); err != nil {
		ui.Stop()
		return nil, err
	}
	return ui.Stop, nil
}

// waitHTTP returns when the URL answers.
func waitHTTP(ctx context.Context, url string) error {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return fmt.Errorf("reaching the UI: %w", err)
	}
	for tick := time.NewTicker(20 * time.Millisecond); ; {
		reply, err := http.DefaultClient.Do(request)
		if err == nil {
			return reply.Body.Close()
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("waiting for the UI: %w", ctx.Err())
		case <-tick.C:
		}
	}
}
