package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"

	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
)

// observation is what has been spent so far.
type observation struct {
	calls        map[string]int64
	events       int64
	lost, caused int
	processes    map[string]usage
}

// usage is what a process has used.
type usage struct {
	cpu    time.Duration
	memory int64 // bytes
}

func (b *bench) observe(ctx context.Context) (observation, error) {
	o := observation{processes: map[string]usage{}}
	if err := get(ctx, b.stack.AWS()+"/_awssim/calls", &o.calls); err != nil {
		return o, err
	}
	var verdict struct {
		Lost   int `json:"runs_lost"`
		Caused int `json:"runs_failed_because_of_migration"`
	}
	if err := get(ctx, b.stack.AWS()+"/_awssim/verdict", &verdict); err != nil {
		return o, err
	}
	o.lost, o.caused = verdict.Lost, verdict.Caused
	for name, pid := range b.stack.PIDs() {
		used, err := usageOf(pid)
		if err != nil {
			return o, err
		}
		o.processes[name] = used
	}
	var err error
	o.events, err = b.events(ctx)
	return o, err
}

func get(ctx context.Context, url string, into any) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s", url, response.Status)
	}
	return json.NewDecoder(response.Body).Decode(into)
}

// events sums the history events of all workflows, those of earlier runs included.
func (b *bench) events(ctx context.Context) (int64, error) {
	c, err := client.Dial(client.Options{HostPort: b.stack.Temporal()})
	if err != nil {
		return 0, err
	}
	defer c.Close()
	var sum int64
	var token []byte
	for {
		page, err := c.ListWorkflow(ctx, &workflowservice.ListWorkflowExecutionsRequest{NextPageToken: token})
		if err != nil {
			return 0, err
		}
		for _, execution := range page.GetExecutions() {
			described, err := c.DescribeWorkflowExecution(ctx, execution.GetExecution().GetWorkflowId(), execution.GetExecution().GetRunId())
			if err != nil {
				return 0, err
			}
			sum += described.GetWorkflowExecutionInfo().GetHistoryLength()
		}
		if token = page.GetNextPageToken(); len(token) == 0 {
			return sum, nil
		}
	}
}

// clockTick is the unit of CPU time in /proc (sysconf _SC_CLK_TCK, 100 on every Linux that Go runs on).
const clockTick = 10 * time.Millisecond

// usageOf reads what a process has used from /proc. Where there is none, it is nothing.
func usageOf(pid int) (usage, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if os.IsNotExist(err) {
		return usage{}, nil
	}
	if err != nil {
		return usage{}, err
	}
	_, rest, _ := strings.Cut(string(text), ") ") // the name before may hold spaces
	fields := strings.Fields(rest)
	if len(fields) < 22 {
		return usage{}, fmt.Errorf("process %d: unexpected /proc stat", pid)
	}
	var numbers [3]int64 // utime, stime and rss are fields 14, 15 and 24 of proc(5), counted from 1
	for i, field := range []int{14, 15, 24} {
		if numbers[i], err = strconv.ParseInt(fields[field-3], 10, 64); err != nil {
			return usage{}, fmt.Errorf("process %d: %w", pid, err)
		}
	}
	return usage{
		cpu:    time.Duration(numbers[0]+numbers[1]) * clockTick,
		memory: numbers[2] * int64(os.Getpagesize()),
	}, nil
}
