package play

import (
	"context"
	"strings"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/synthetics"
	"github.com/aws/aws-sdk-go-v2/service/synthetics/types"

	"rekey/durable/faults/script"
	rekeyv1 "rekey/gen/rekey/v1"
)

// act does one act. What comes at a wrong time may be refused, and counts as not done.
func (p *Play) act(ctx context.Context, a script.Act) {
	var err error
	what := ""
	switch a.Kind {
	case script.Pause, script.Resume, script.Cancel, script.Return, script.RollBack:
		what, err = Letter(a.Migration), p.verb(ctx, a.Kind, p.ID(a.Migration))
	case script.Weather:
		p.Stage.Sim.World.Faults.Set(a.Rules)
		p.tell("weather %+v", a.Rules)
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
		p.Done[a.Kind]++
		fallthrough
	default:
		p.tell("%s %s", a.Kind, what)
	}
}

// verb steers a migration.
func (p *Play) verb(ctx context.Context, k script.Kind, id string) error {
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
			p.Edited[arn] = p.Stage.Sim.World.Clock.Now() // after an error of the server's it may have taken effect
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
		p.Deleted[arn] = true
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
