package play

import (
	"context"
	"encoding/json"
	"slices"
	"strings"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/synthetics"
	"github.com/aws/aws-sdk-go-v2/service/synthetics/types"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"rekey/awssim/fault"
	"rekey/durable/faults/script"
	rekeyv1 "rekey/gen/rekey/v1"
)

// act does one act. What comes at a wrong time may be refused, and counts as not done.
func (p *Play) act(ctx context.Context, a script.Act, late bool) {
	var err error
	what := ""
	switch a.Kind {
	case script.Pause, script.Resume, script.Cancel, script.Return, script.RollBack:
		what, err = Letter(a.Migration), p.verb(ctx, a.Kind, p.ID(a.Migration))
	case script.Weather:
		p.weather(a.Rules, late)
		return
	case script.RestartWorker:
		err = p.Stage.RestartWorker(ctx)
	case script.DisableKey:
		what, err = a.ARN, p.Stage.Sim.SetKeyState(a.ARN, "Disabled")
	case script.EnableKey:
		what, err = a.ARN, p.Stage.Sim.SetKeyState(a.ARN, "Enabled")
	case script.DeleteRole:
		what, err = a.ARN, p.Stage.Sim.DeleteRole(a.ARN)
	case script.LeaveOrganization:
		what, err = a.Account, p.Stage.Sim.LeaveOrganization(a.Account)
	default:
		what, err = p.Script.Fleet.Canaries[a.Canary].Name, p.canary(ctx, a)
	}
	switch {
	case err != nil:
		p.tell("%s %s: refused: %v", a.Kind, what, err)
	case a.Kind.IsFault():
		p.note(func() { p.Done[a.Kind]++ })
		fallthrough
	default:
		p.tell("%s %s", a.Kind, what)
	}
}

// note changes what the play keeps of its acts.
func (p *Play) note(f func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	f()
}

// weather changes the rules by which calls fail: the early acts' and the late ones' hold together.
func (p *Play) weather(rules []fault.Rule, late bool) {
	p.note(func() {
		p.rules[late] = rules
		p.Stage.Sim.World.Faults.Set(slices.Concat(p.rules[false], p.rules[true]))
	})
	text, _ := json.Marshal(rules) // they are as JSON had them
	p.tell("weather %s", text)
}

// verb steers a migration. Where no worker answers it is called again, as the error asks for.
func (p *Play) verb(ctx context.Context, k script.Kind, id string) error {
	err := p.verbOnce(ctx, k, id)
	for status.Code(err) == codes.Unavailable && ctx.Err() == nil {
		err = p.verbOnce(ctx, k, id)
	}
	return err
}

func (p *Play) verbOnce(ctx context.Context, k script.Kind, id string) error {
	var err error
	switch k {
	case script.Pause:
		_, err = p.Stage.API.PauseMigration(ctx, &rekeyv1.PauseMigrationRequest{MigrationId: id, Reason: "to look"})
	case script.Resume:
		_, err = p.Stage.API.ResumeMigration(ctx, &rekeyv1.ResumeMigrationRequest{MigrationId: id, Reason: "seen"})
	case script.Cancel:
		_, err = p.Stage.API.CancelMigration(ctx, &rekeyv1.CancelMigrationRequest{MigrationId: id})
	case script.Return:
		_, err = p.Stage.API.CancelMigration(ctx, &rekeyv1.CancelMigrationRequest{
			MigrationId: id, InFlight: rekeyv1.InFlight_IN_FLIGHT_ROLL_BACK,
		})
	default:
		_, err = p.Stage.API.RollBackMigration(ctx, &rekeyv1.RollBackMigrationRequest{MigrationId: id})
	}
	return err
}

// canary does what happens to a canary.
func (p *Play) canary(ctx context.Context, a script.Act) error {
	c := &p.Script.Fleet.Canaries[a.Canary]
	arn, name, canaries := script.ARN(c), awssdk.String(c.Name), p.Stage.Sim.Synthetics
	// The owner's own calls meet the weather too, and are tried again by the SDK.
	owner := p.Stage.Owner(c.Account, c.Region)
	edit := func(in *synthetics.UpdateCanaryInput) error {
		in.Name = name
		_, err := owner.UpdateCanary(ctx, in)
		if err == nil || !strings.Contains(err.Error(), "ConflictException") {
			p.note(func() { p.Edited[arn] = true }) // after an error of the server's it may have taken effect
		}
		return err
	}
	var err error
	switch a.Kind {
	case script.SiteDown, script.SiteUp:
		return canaries.SetSiteDown(arn, a.Kind == script.SiteDown)
	case script.SilentRollBack:
		return canaries.RollBackNextUpdate(arn, "The function could not be updated.")
	case script.DeleteCanary:
		p.note(func() { p.Deleted[arn] = true })
		return p.Stage.Sim.DeleteCanary(arn)
	case script.EditEncryption:
		// Away from every key: an edit towards one could come between the look and the removal of access, and nobody could know.
		return edit(&synthetics.UpdateCanaryInput{ArtifactConfig: &types.ArtifactConfigInput{
			S3Encryption: &types.S3EncryptionConfig{EncryptionMode: types.EncryptionModeSseS3},
		}})
	case script.EditSchedule:
		return edit(&synthetics.UpdateCanaryInput{Schedule: &types.CanaryScheduleInput{Expression: &a.Schedule}})
	case script.StopCanary:
		_, err = owner.StopCanary(ctx, &synthetics.StopCanaryInput{Name: name})
	default:
		_, err = owner.StartCanary(ctx, &synthetics.StartCanaryInput{Name: name})
	}
	return err
}
