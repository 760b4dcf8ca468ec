package evidence

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"

	"rekey/workflows/failure"
)

// Who may read evidence in a directory: the worker's user and group.
const (
	dirMode  = 0o750
	fileMode = 0o640
)

// directory is a store in the file system. Nothing outside root can be reached, by .. or by a link (os.Root).
type directory struct {
	uri, root string
	below     string // of the place, from root
}

func (d directory) write(_ context.Context, path string, text []byte, sum [sha256.Size]byte) error {
	if err := d.replace(filepath.Join(d.below, filepath.FromSlash(path)), text, sum); err != nil {
		return failure.Refuse(notWritten(d.uri, err.Error(),
			"Make room and let the workers write to the directory; then close the migration again."))
	}
	return nil
}

// replace writes beside the file and renames, so that nobody ever reads half of it. The name beside it follows from the
// contents: two workers that write the same do no harm to each other, and what a killed one left is taken up.
func (d directory) replace(path string, text []byte, sum [sha256.Size]byte) (err error) {
	root, err := os.OpenRoot(d.root)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, root.Close()) }()
	if err := root.MkdirAll(filepath.Dir(path), dirMode); err != nil {
		return err
	}
	beside := path + "." + hex.EncodeToString(sum[:8]) + ".part"
	if err := fill(root, beside, text); err != nil {
		return err
	}
	if err := root.Rename(beside, path); err != nil {
		return err
	}
	return sync(root, filepath.Dir(path))
}

// fill writes a file and sees it to the disk.
func fill(root *os.Root, path string, text []byte) (err error) {
	f, err := root.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, fileMode)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if _, err := f.Write(text); err != nil {
		return err
	}
	return f.Sync()
}

// sync sees a directory's new name to the disk.
func sync(root *os.Root, path string) (err error) {
	dir, err := root.Open(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, dir.Close()) }()
	return dir.Sync()
}
