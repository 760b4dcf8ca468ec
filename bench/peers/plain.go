package peers

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"rekey/awssim/fleet"
)

// plain is the plain program at work.
type plain struct {
	aws    *exec.Cmd
	at     world
	spec   Workload
	path   string // of the program
	serial bool
	log    string

	running *exec.Cmd
	begun   time.Time
}

func openPlain(ctx context.Context, p place, w Workload, f *fleet.Fleet, file, logs string, serial bool) (*plain, error) {
	aws, url, err := startAWS(ctx, filepath.Join(p.bin, "rekey"), file, w.TimeScale)
	if err != nil {
		return nil, err
	}
	return &plain{
		aws: aws, at: world{url, f}, spec: w, path: p.plain, serial: serial, log: filepath.Join(logs, "plain.log"),
	}, nil
}

// startAWS starts a simulated AWS, and answers its URL.
func startAWS(ctx context.Context, program, file string, scale float64) (*exec.Cmd, string, error) {
	cmd := exec.CommandContext(ctx, program, "sim", "--listen", "127.0.0.1:0", "--fleet", file, "--time-scale", number(scale)) //nolint:gosec // a program of ours
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, "", err
	}
	if err := cmd.Start(); err != nil {
		return nil, "", err
	}
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if _, url, ok := strings.Cut(lines.Text(), "AWS_ENDPOINT_URL="); ok {
			go func() { // what it says later must not fill the pipe
				for lines.Scan() {
				}
			}()
			return cmd, url, nil
		}
	}
	return nil, "", errors.Join(errors.New("the simulated AWS did not say where it is"), cmd.Wait())
}

func number(n float64) string { return strconv.FormatFloat(n, 'g', -1, 64) }

func (p *plain) world() world { return p.at }

func (p *plain) begin(ctx context.Context) error {
	accounts, regions := members(p.at.fleet)
	args := []string{
		"--role", fleet.MemberRole, "--external-id", fleet.ExternalID, "--concurrency", strconv.Itoa(p.spec.Window),
		"--settle", settle.String(), "--time-scale", number(p.spec.TimeScale), fmt.Sprintf("--serial=%t", p.serial),
	}
	for flag, values := range map[string][]string{"--account": accounts, "--region": regions, "--key": targets(p.at.fleet)} {
		for _, v := range values {
			args = append(args, flag, v)
		}
	}
	log, err := os.OpenFile(p.log, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	defer log.Close()
	cmd := exec.CommandContext(ctx, p.path, args...) //nolint:gosec // a program of ours
	cmd.Stdout, cmd.Stderr = log, log
	cmd.Env = append(os.Environ(),
		"AWS_ENDPOINT_URL="+p.at.url, "AWS_ACCESS_KEY_ID="+fleet.HubAccessKey, "AWS_SECRET_ACCESS_KEY="+fleet.HubSecret,
		"AWS_SESSION_TOKEN=", "AWS_PROFILE=", "AWS_REGION=us-east-1", "AWS_CONFIG_FILE="+os.DevNull,
		"AWS_SHARED_CREDENTIALS_FILE="+os.DevNull, "AWS_EC2_METADATA_DISABLED=true", "NO_PROXY=127.0.0.1",
	)
	p.running, p.begun = cmd, time.Now()
	return cmd.Start()
}

func (p *plain) finish(context.Context) (Cost, error) {
	err := p.running.Wait()
	cost := Cost{Seconds: seconds(p.begun)}
	if state := p.running.ProcessState; state != nil {
		cost.CPUSeconds = map[string]float64{"plain": (state.UserTime() + state.SystemTime()).Seconds()}
	}
	p.running = nil
	if err != nil {
		err = fmt.Errorf("the plain program: %w; %s", err, tail(p.log))
	}
	return cost, err
}

func (p *plain) kill() error {
	if err := p.running.Process.Kill(); err != nil {
		return err
	}
	_ = p.running.Wait() // it was killed
	p.running = nil
	return nil
}

// again starts it from its beginning, as a person would.
func (p *plain) again(ctx context.Context) error { return p.begin(ctx) }

func (p *plain) close() {
	if p.running != nil {
		_ = p.kill()
	}
	_ = p.aws.Process.Signal(syscall.SIGTERM)
	_ = p.aws.Wait() // how it ended says nothing
}
