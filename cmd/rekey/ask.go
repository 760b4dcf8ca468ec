package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/charmbracelet/x/term"
)

// isTerminal reports whether people are at a file: look at what is written to it, or type what is read from it. The null
// device is a character device too.
func isTerminal(f any) bool {
	file, ok := f.(*os.File)
	if !ok {
		return false
	}
	info, err := file.Stat()
	if err != nil || info.Mode()&os.ModeCharDevice == 0 {
		return false
	}
	null, err := os.Stat(os.DevNull)
	return err != nil || !os.SameFile(info, null)
}

// widthOf tells how many columns a terminal has; nil for what is none.
func widthOf(f any) func() int {
	if !isTerminal(f) {
		return nil
	}
	return func() int {
		width, _, err := term.GetSize(f.(*os.File).Fd())
		if err != nil {
			return 0
		}
		return width
	}
}

// errDeclined is a question that was not answered with yes.
var errDeclined = errors.New("nothing was done: the answer was not yes")

// canAsk reports whether somebody is there to be asked.
func (s *session) canAsk() bool { return isTerminal(s.c.Root().Reader) && s.forPeople() }

// confirm asks a question that only "yes" answers. Ctrl-C ends the question too.
func (s *session) confirm(ctx context.Context, question string) error {
	tellf(s.out, "\n%s [yes/no] ", question)
	answers := make(chan string, 1)
	go func() {
		answer, err := bufio.NewReader(s.c.Root().Reader).ReadString('\n')
		if err != nil && !errors.Is(err, io.EOF) {
			answer = ""
		}
		answers <- strings.ToLower(strings.TrimSpace(answer))
	}()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case answer := <-answers:
		if answer == "yes" || answer == "y" {
			return nil
		}
		return errDeclined
	}
}

// agree asks, on a terminal; elsewhere it wants --yes.
func (s *session) agree(ctx context.Context, question string) error {
	switch {
	case s.c.Bool("yes"):
		return nil
	case s.canAsk():
		return s.confirm(ctx, question)
	}
	return fmt.Errorf("nobody is there to be asked: say --yes")
}
