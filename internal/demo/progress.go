package demo

import (
	"io"
	"time"

	rekeyv1 "rekey/gen/rekey/v1"
	"rekey/internal/board"
	"rekey/internal/tables"
)

// counted is how much time lies between two lines of mere counts.
const counted = 5 * time.Second

// lines shows progress as lines of text, for logs and pipes: what the command line's watch would say, without most of the
// counts, and each canary that did not get to the end.
type lines struct {
	out      io.Writer
	began    time.Time
	spoke    time.Time
	accounts tables.Accounts
	failed   map[string]bool
	last     *rekeyv1.Migration
}

func newLines(out io.Writer, accounts tables.Accounts) *lines {
	return &lines{out: out, began: time.Now(), accounts: accounts, failed: map[string]bool{}}
}

func (l *lines) show(m *rekeyv1.Migration, canaries []*rekeyv1.Canary) {
	for _, c := range tables.InOrder(canaries) {
		if id := tables.ID(c); hasFailed(c) && !l.failed[id] {
			l.failed[id] = true
			l.sayf("%s of %s in %s is %s: %s", c.GetName(), l.accounts[c.GetAccountId()], c.GetRegion(), tables.Word(c.GetState()),
				tables.Because(c.GetProblem()))
		}
	}
	if l.last != nil && sameWaves(l.last, m) && time.Since(l.spoke) < counted {
		return
	}
	for _, line := range board.Changes(l.last, m) {
		l.sayf("%s", line)
	}
	l.last, l.spoke = m, time.Now()
}

func (l *lines) sayf(format string, args ...any) {
	tellf(l.out, "%6.1f s  "+format+"\n", append([]any{time.Since(l.began).Seconds()}, args...)...)
}

// sameWaves reports whether two states of a migration differ in nothing but counts.
func sameWaves(a, b *rekeyv1.Migration) bool {
	if a.GetState() != b.GetState() || len(a.GetPauses()) != len(b.GetPauses()) || len(a.GetControls()) != len(b.GetControls()) {
		return false
	}
	for i, w := range b.GetWaves() {
		if i >= len(a.GetWaves()) || a.GetWaves()[i].GetState() != w.GetState() {
			return false
		}
	}
	return true
}
