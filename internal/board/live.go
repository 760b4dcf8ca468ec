package board

import (
	"context"
	"errors"
	"time"

	tea "charm.land/bubbletea/v2"

	rekeyv1 "rekey/gen/rekey/v1"
	"rekey/internal/client"
	"rekey/internal/tables"
)

const (
	// redrawn is how often a board is redrawn while nothing is heard: its pace changes with time.
	redrawn = time.Second
	// looked is how often the canaries that somebody should look at are read, at most.
	looked = 2 * time.Second
)

// Live follows a migration on a terminal, until it rests or somebody leaves; with Ctrl-C it ends with ErrInterrupted. It
// returns the migration as it was seen last.
func Live(ctx context.Context, cfg Config) (*rekeyv1.Migration, error) {
	return run(ctx, cfg)
}

// run is Live, with more options for the program that draws.
func run(ctx context.Context, cfg Config, options ...tea.ProgramOption) (*rekeyv1.Migration, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	b := &live{ctx: ctx, watch: cfg.Watch}
	// The board has the whole screen while it lives, and leaves the one before as it was.
	options = append(options, tea.WithContext(ctx), tea.WithInput(cfg.In), tea.WithOutput(cfg.Out), tea.WithoutSignalHandler())
	program := tea.NewProgram(b, options...)
	cfg.Watch.Trouble = func(err error) { program.Send(troubled(client.Explain(err).Broken())) }
	followed := make(chan error, 1)
	go func() {
		_, err := cfg.Watch.Follow(ctx, func(m *rekeyv1.Migration) (bool, error) {
			program.Send(m)
			if cfg.Seen == nil {
				return false, nil
			}
			return false, cfg.Seen(ctx, m)
		})
		followed <- err
		program.Quit()
	}()
	_, err := program.Run()
	cancel()
	lost := <-followed
	switch {
	case b.interrupted:
		return b.state.Migration, ErrInterrupted
	case b.left:
		return b.state.Migration, nil
	case err != nil && !errors.Is(err, tea.ErrProgramKilled):
		return b.state.Migration, err
	}
	return b.state.Migration, lost
}

// live is the board's model: what it shows, and on what.
type live struct {
	ctx           context.Context //nolint:containedctx // commands that the board begins end with it
	watch         client.Watch
	state         State
	width, height int
	// looking says that the canaries are being read; stale, that something changed since.
	looking, stale bool
	lookedAt       time.Time
	// left and interrupted say how somebody ended it.
	left, interrupted bool
}

// What the board is told beside a migration and keys.
type (
	tick     time.Time
	troubled string
)

func (b *live) Init() tea.Cmd { return clock() }

func clock() tea.Cmd { return tea.Tick(redrawn, func(t time.Time) tea.Msg { return tick(t) }) }

func (b *live) Update(message tea.Msg) (tea.Model, tea.Cmd) {
	switch msg := message.(type) {
	case tea.WindowSizeMsg:
		b.width, b.height = msg.Width, msg.Height
	case tea.KeyPressMsg:
		return b, b.key(msg.String())
	case tick:
		b.state.Now = time.Time(msg)
		if b.state.Migration != nil {
			b.state.Pace.See(b.state.Now, b.state.Migration)
		}
		return b, tea.Batch(clock(), b.look())
	case *rekeyv1.Migration:
		b.state.Migration, b.state.Trouble, b.stale = msg, "", true
		b.state.Pace.See(time.Now(), msg)
		return b, b.look()
	case troubled:
		b.state.Trouble = string(msg)
	case Attention:
		b.looking = false
		b.state.Attention = msg
	}
	return b, nil
}

// key is what a key does.
func (b *live) key(name string) tea.Cmd {
	switch name {
	case "ctrl+c":
		b.interrupted = true
		return tea.Quit
	case "q":
		b.left = true
		return tea.Quit
	}
	return nil
}

// look reads the canaries that somebody should look at, unless that was done just now or nothing has changed since.
func (b *live) look() tea.Cmd {
	if b.looking || !b.stale || time.Since(b.lookedAt) < looked || !begun(b.state.Migration) {
		return nil
	}
	b.looking, b.stale, b.lookedAt = true, false, time.Now()
	before, m := b.state.Attention, b.state.Migration
	return func() tea.Msg {
		now, err := attention(b.ctx, b.watch, m)
		if err != nil {
			return before // it is tried again with the next change
		}
		return now
	}
}

// begun reports whether canaries may have failed or been held.
func begun(m *rekeyv1.Migration) bool {
	return tables.Begun(m.GetState())
}

func (b *live) View() tea.View {
	v := tea.NewView(Draw(b.state, b.width, b.height))
	v.AltScreen = true
	v.WindowTitle = "rekey"
	return v
}
