// Package machine says where, with which versions and at what cost something was measured.
package machine

import (
	"bytes"
	"context"
	"debug/buildinfo"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"

	"github.com/urfave/cli/v3"
)

// Machine is where something was measured. Figures of two machines say nothing about one another.
type Machine struct {
	Cores int    `json:"cores"`
	CPU   string `json:"cpu,omitempty"`
	// MemoryMB is the machine's memory in MiB; 0 where it can't be told.
	MemoryMB int64  `json:"memory_mb,omitempty"`
	OS       string `json:"os"`
	Arch     string `json:"arch"`
}

// This is the machine that the program runs on.
func This() Machine {
	m := Machine{Cores: runtime.NumCPU(), OS: runtime.GOOS, Arch: runtime.GOARCH}
	m.CPU = field("/proc/cpuinfo", "model name")
	m.MemoryMB = kibibytes("/proc/meminfo", "MemTotal") >> 20
	return m
}

// field is the first value of that name in a file of /proc; empty when there is none.
func field(file, name string) string {
	text, err := os.ReadFile(file) //nolint:gosec // the callers' files are constants
	if err != nil {
		return ""
	}
	for line := range strings.Lines(string(text)) {
		if key, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(key) == name {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

// Versions are those of what was measured.
type Versions struct {
	// Rekey is the commit, with "-dirty" behind it when files were changed since; empty outside of a repository.
	Rekey          string `json:"rekey"`
	Go             string `json:"go"`
	TemporalServer string `json:"temporal_server"`
	TemporalSDK    string `json:"temporal_sdk"`
	AWSSDK         string `json:"aws_sdk"`
}

// BinFlag is the command line's flag for the directory of the programs that are measured.
func BinFlag() cli.Flag {
	return &cli.StringFlag{Name: "bin", Value: "build/bin", Usage: "`DIRECTORY` of the programs"}
}

// VersionsOf are those of the programs in a directory.
func VersionsOf(ctx context.Context, bin string) (Versions, error) {
	worker, err := buildinfo.ReadFile(filepath.Join(bin, "rekey-worker"))
	if err != nil {
		return Versions{}, fmt.Errorf("versions: %w", err)
	}
	return versions(ctx, bin, worker)
}

// VersionsHere are those of this program, which has the worker in itself, and of the Temporal server in a directory.
func VersionsHere(ctx context.Context, bin string) (Versions, error) {
	worker, ok := debug.ReadBuildInfo()
	if !ok {
		return Versions{}, errors.New("versions: this program does not know what it was built with")
	}
	return versions(ctx, bin, worker)
}

func versions(ctx context.Context, bin string, worker *debug.BuildInfo) (Versions, error) {
	temporal, err := buildinfo.ReadFile(filepath.Join(bin, "temporal"))
	if err != nil {
		return Versions{}, fmt.Errorf("versions: %w", err)
	}
	return Versions{
		Rekey: commit(ctx), Go: worker.GoVersion,
		TemporalServer: dependency(temporal, "go.temporal.io/server"),
		TemporalSDK:    dependency(worker, "go.temporal.io/sdk"),
		AWSSDK:         dependency(worker, "github.com/aws/aws-sdk-go-v2"),
	}, nil
}

// commit asks git: a program that is built in a linked work tree doesn't know its commit.
func commit(ctx context.Context) string {
	out, err := exec.CommandContext(ctx, "git", "describe", "--always", "--dirty", "--abbrev=12").Output()
	if err != nil {
		return ""
	}
	return string(bytes.TrimSpace(out))
}

func dependency(program *debug.BuildInfo, path string) string {
	for _, module := range program.Deps {
		if module.Path == path {
			return module.Version
		}
	}
	return ""
}
