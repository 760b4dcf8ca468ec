package report

import (
	"bufio"
	"fmt"
	"io"
	"os"
)

// spool keeps a list that stands further down in the file than what is known when it is drawn.
type spool struct {
	file *os.File
	out  *bufio.Writer
}

func newSpool() (*spool, error) {
	file, err := os.CreateTemp("", "rekey-report-*")
	if err != nil {
		return nil, fmt.Errorf("making a temporary file: %w", err)
	}
	return &spool{file: file, out: bufio.NewWriter(file)}, nil
}

// draw adds an entry.
func (s *spool) draw(template string, view any) error {
	return page.ExecuteTemplate(s.out, template, view)
}

// copyTo writes the list.
func (s *spool) copyTo(out io.Writer) error {
	if err := s.out.Flush(); err != nil {
		return fmt.Errorf("writing a temporary file: %w", err)
	}
	if _, err := s.file.Seek(0, io.SeekStart); err != nil {
		return fmt.Errorf("reading a temporary file: %w", err)
	}
	_, err := io.Copy(out, s.file)
	return err
}

func (s *spool) remove() {
	_ = s.file.Close()
	_ = os.Remove(s.file.Name())
}
