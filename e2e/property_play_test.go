package e2e

import (
	"fmt"
	"strings"
	"time"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/synthetics"
	"github.com/aws/aws-sdk-go-v2/service/synthetics/types"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/prototext"

	"rekey/awssim/fault"
	rekeyv1 "rekey/gen/rekey/v1"
	"rekey/workflows"
)

// play is a script on a stack, with what has happened so far.
type play struct {
	*stack
	script  *script
	start   time.Time                  // simulated
	ids     []string                   // of the migrations, by their place in the script
	planned map[string]*rekeyv1.Canary // by migration id and name, as planned
	gone    map[string]bool            // cells whose workflow was terminated, by migration id and Region
	rules   []fault.Rule
	told    []string
}

func newPlay(s *stack, w *script) *play {
	return &play{
		stack: s, script: w, start: s.sim.World.Clock.Now(), ids: make([]string, len(w.specs)),
		planned: map[string]*rekeyv1.Canary{}, gone: map[string]bool{},
	}
}

// run does every act at its time, waits until every migration rests, rolls back those that are to be, and lets every
// canary run on.
func (p *play) run() {
	p.t.Helper()
	for _, a := range p.script.acts {
		p.sim.WaitUntil(p.start.Add(a.at))
		p.tell("%s", a.what)
		a.do(p)
	}
	p.rest()
	for _, i := range p.script.back {
		p.tell("roll back %c", 'A'+i)
		p.rollBack(i)
	}
	p.rest()
	p.sim.WaitUntil(p.sim.World.Clock.Now().Add(9 * time.Minute)) // every canary runs twice more
}

// rest waits until no migration has anything to do.
func (p *play) rest() {
	p.t.Helper()
	for i, id := range p.ids {
		m := p.await(id, func(m *rekeyv1.Migration) bool { return rested(m) && m.GetState() != rollingBack })
		p.tell("%c rests as %s: %s", 'A'+i, suffix(m.GetState(), "MIGRATION_STATE_"), m.GetStateReason())
	}
}

const rollingBack = rekeyv1.MigrationState_MIGRATION_STATE_ROLLING_BACK

func (p *play) tell(format string, args ...any) {
	at := p.sim.World.Clock.Now().Sub(p.start).Round(time.Second)
	p.told = append(p.told, fmt.Sprintf("%6s  ", at)+fmt.Sprintf(format, args...))
}

func (p *play) create(i int) {
	m := p.stack.create(p.script.specs[i])
	p.ids[i] = m.GetId()
	for name, c := range p.canaries(m) {
		p.planned[m.GetId()+name] = c
	}
	p.tell("%c is %s: %d to migrate, %d to revoke", 'A'+i, m.GetId(), m.GetPlan().GetToMigrate(), m.GetPlan().GetRevokes())
}

func (p *play) approve(i int) {
	m, err := p.api.GetMigration(p.ctx, &rekeyv1.GetMigrationRequest{MigrationId: p.ids[i]})
	if err == nil && m.GetMigration().GetState() == rekeyv1.MigrationState_MIGRATION_STATE_AWAITING_APPROVAL {
		p.stack.approve(m.GetMigration())
	} else if err != nil {
		p.t.Fatal(err)
	}
}

// asked notes the answer to what may come at a wrong time.
func (p *play) asked(err error) {
	p.t.Helper()
	switch status.Code(err) {
	case codes.OK:
	case codes.FailedPrecondition:
		p.tell("  refused: %v", err)
	default:
		p.t.Fatal(err)
	}
}

func (p *play) cancel(i int) {
	_, err := p.api.CancelMigration(p.ctx, &rekeyv1.CancelMigrationRequest{MigrationId: p.ids[i]})
	p.asked(err)
}

func (p *play) confirm(i int) {
	_, err := p.api.ConfirmSourceChange(p.ctx, &rekeyv1.ConfirmSourceChangeRequest{MigrationId: p.ids[i]})
	p.asked(err)
}

func (p *play) rollBack(i int) {
	_, err := p.api.RollBackMigration(p.ctx, &rekeyv1.RollBackMigrationRequest{MigrationId: p.ids[i]})
	p.asked(err)
}

// terminate ends a cell's workflow in whatever it does.
func (p *play) terminate(i int, region string) {
	cell := workflows.Cell{Account: shop, Region: region}
	if err := p.temporal.TerminateWorkflow(p.ctx, workflows.CellID(p.ids[i], cell), "", "a test of what happens then"); err != nil {
		p.tell("  refused: %v", err)
		return
	}
	p.gone[p.ids[i]+region] = true
}

func (p *play) faults(rule fault.Rule) {
	p.rules = append(p.rules, rule)
	p.sim.World.Faults.Set(p.rules)
}

func (p *play) site(arn string, down bool) {
	if err := p.sim.Synthetics.SetSiteDown(arn, down); err != nil {
		p.t.Fatal(err)
	}
}

// leaveKey is an edit of a canary by its owner.
func (p *play) leaveKey(name, region string) {
	_, err := p.owner(region).UpdateCanary(p.ctx, &synthetics.UpdateCanaryInput{
		Name:           awssdk.String(name),
		ArtifactConfig: &types.ArtifactConfigInput{S3Encryption: &types.S3EncryptionConfig{EncryptionMode: types.EncryptionModeSseS3}},
	})
	if err != nil {
		p.tell("  refused: %v", err) // an update is on its way, or a fault
	}
}

// restart stops the worker, and starts another.
func (p *play) restart() {
	p.stopWorker()
	p.startWorker(p.endpoint)
}

// String is the whole play, to be read after a failure.
func (p *play) String() string {
	var b strings.Builder
	for i := range p.sim.Fleet.Canaries {
		b.WriteString("  " + describe(&p.sim.Fleet.Canaries[i]) + "\n")
	}
	for i, spec := range p.script.specs {
		fmt.Fprintf(&b, "  %c: %s\n", 'A'+i, prototext.MarshalOptions{}.Format(spec))
	}
	return b.String() + strings.Join(p.told, "\n")
}
