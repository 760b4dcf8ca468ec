package evidence

import (
	"bytes"
	"encoding/json"
	"errors"
	"regexp"
	"slices"
	"strings"

	"rekey/workflows"
)

// segment is what a part of a path may be: ids, accounts and Regions are all of that form.
var segment = regexp.MustCompile(`^[0-9A-Za-z][0-9A-Za-z_-]{0,63}$`)

// file is the path and the text of the file that is asked for.
func file(in workflows.EvidenceInput) (string, []byte, error) {
	if !segment.MatchString(in.Migration) {
		return "", nil, errors.New("the migration's id can't be a directory's name")
	}
	switch {
	case in.View != nil && in.Cell == nil && len(in.Files) == 0:
		return workflows.MigrationEvidenceFile, text(Migration(*in.View)), nil
	case in.Cell != nil && in.View == nil && len(in.Files) == 0:
		cell := in.Cell.Cell
		if !segment.MatchString(cell.Account) || !segment.MatchString(cell.Region) {
			return "", nil, errors.New("the cell can't be a file's name")
		}
		return workflows.CellEvidenceFile(cell), text(Cell(in.Migration, *in.Cell)), nil
	case len(in.Files) > 0 && in.View == nil && in.Cell == nil:
		return workflows.ManifestEvidenceFile, text(manifest(in.Migration, in.Files)), nil
	}
	return "", nil, errors.New("exactly one file must be asked for")
}

func manifest(migration string, files []workflows.EvidenceFile) workflows.ManifestEvidence {
	files = slices.SortedFunc(slices.Values(files), func(a, b workflows.EvidenceFile) int { return strings.Compare(a.Path, b.Path) })
	return workflows.ManifestEvidence{Version: workflows.EvidenceVersion, Kind: "manifest", MigrationID: migration, Files: files}
}

// text is a document as JSON, for people too.
func text(document any) []byte {
	var out bytes.Buffer
	lines := json.NewEncoder(&out)
	lines.SetEscapeHTML(false)
	lines.SetIndent("", "  ")
	if err := lines.Encode(document); err != nil {
		panic(err) // plain strings, numbers and slices always encode
	}
	return out.Bytes()
}
