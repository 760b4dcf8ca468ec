package board

import (
	"context"
	"errors"
	"io"
	"os"
	"strings"
	"sync"
	"testing"

	tea "charm.land/bubbletea/v2"

	rekeyv1 "rekey/gen/rekey/v1"
	"rekey/internal/client"
	"rekey/internal/client/clienttest"
)

// screen keeps what is written to a terminal, and calls seen once something was.
type screen struct {
	mu   sync.Mutex
	text strings.Builder
	want string
	seen func()
}

func (s *screen) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.text.Write(p)
	if s.seen != nil && strings.Contains(s.text.String(), s.want) {
		s.seen()
		s.seen = nil
	}
	return len(p), nil
}

func (s *screen) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
}

func config(t *testing.T, id string, out io.Writer) (Config, io.Writer) {
	t.Helper()
	c, err := client.Dial(client.Config{Endpoint: clienttest.Start(t), Caller: "alice"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	in, keys, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = in.Close(), keys.Close() })
	return Config{Watch: client.Watch{API: c, ID: id}, In: in, Out: out}, keys
}

// live80x24 is Live on a terminal of a size that nothing tells it.
func live80x24(t *testing.T, cfg Config) (*rekeyv1.Migration, error) {
	t.Helper()
	return run(t.Context(), cfg, tea.WithWindowSize(80, 24))
}

// What terminals are told: begin and end of a screen of one's own, and of a hidden cursor.
const (
	enter, leave     = "\x1b[?1049h", "\x1b[?1049l"
	hideCursor, show = "\x1b[?25l", "\x1b[?25h"
)

func restored(t *testing.T, out string) {
	t.Helper()
	for _, pair := range [][2]string{{enter, leave}, {hideCursor, show}} {
		if begin, end := strings.LastIndex(out, pair[0]), strings.LastIndex(out, pair[1]); begin < 0 || end < begin {
			t.Errorf("the terminal is not left as it was: %q at %d, %q at %d", pair[0], begin, pair[1], end)
		}
	}
}

// A board goes on over a broken stream until the migration rests, and gives the terminal back.
func TestLiveEndsWithTheMigration(t *testing.T) {
	out := &screen{}
	cfg, _ := config(t, clienttest.Running, out)
	m, err := live80x24(t, cfg)
	if err != nil || m.GetState() != rekeyv1.MigrationState_MIGRATION_STATE_SUCCEEDED {
		t.Fatalf("%v, %v, want SUCCEEDED", m.GetState(), err)
	}
	restored(t, out.String())
}

// Whoever looks on may leave, and the terminal is given back; Ctrl-C is an interruption, q is not.
func TestLiveIsLeft(t *testing.T) {
	cases := map[string]struct {
		key  string
		want error
	}{
		"CtrlC": {"\x03", ErrInterrupted},
		"Q":     {"q", nil},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			out := &screen{want: "PAUSED"}
			cfg, keys := config(t, clienttest.Paused, out)
			out.seen = func() { _, _ = io.WriteString(keys, tc.key) }
			m, err := live80x24(t, cfg)
			if !errors.Is(err, tc.want) || m.GetId() != clienttest.Paused {
				t.Errorf("%v, %v, want %v", m.GetId(), err, tc.want)
			}
			restored(t, out.String())
		})
	}
}

// What is read beside the migration is shown: the canaries whose old access is held.
func TestLiveShowsWhatIsHeld(t *testing.T) {
	out := &screen{want: "pay-report"}
	cfg, keys := config(t, clienttest.Paused, out)
	out.seen = func() { _, _ = io.WriteString(keys, "q") }
	if _, err := live80x24(t, cfg); err != nil {
		t.Fatal(err)
	}
}

// An error of whoever looks on ends the board, and is not lost.
func TestLiveEndsWithAnError(t *testing.T) {
	cfg, _ := config(t, clienttest.Paused, &screen{})
	wrong := errors.New("seen enough")
	cfg.Seen = func(context.Context, *rekeyv1.Migration) error { return wrong }
	if _, err := live80x24(t, cfg); !errors.Is(err, wrong) {
		t.Errorf("%v, want %v", err, wrong)
	}
}
