package workflows

// EvidenceInput asks that one file of a migration's evidence be written: exactly one of View, Cell and Files says which.
// The files of an export are written in this order, so that one that was broken off is recognized: migration.json, the
// cells', and manifest.json, which lists all the others. Writing a file again replaces it.
type EvidenceInput struct {
	// URI is where the evidence goes, "file:///directory" or "s3://bucket/prefix"; a directory of the migration's id is
	// made there. Empty means the worker's default. Workers may have different ones: name the Place of the first file for
	// the others.
	URI string `json:"uri,omitempty"`
	// Migration is the id.
	Migration string `json:"migration"`
	// View becomes migration.json.
	View *MigrationView `json:"view,omitempty"`
	// Cell becomes cells/<account>/<Region>.json.
	Cell *CellOutcome `json:"cell,omitempty"`
	// Files becomes manifest.json: what was written before.
	Files []EvidenceFile `json:"files,omitempty"`
}

// CellOutcome is how a cell ended. Problem is why it could not be planned; then it has no canaries.
type CellOutcome struct {
	Cell     Cell     `json:"cell"`
	Digest   string   `json:"digest,omitempty"`
	Problem  *Problem `json:"problem,omitempty"`
	Canaries []Canary `json:"canaries,omitempty"`
}

// WrittenEvidence is a file that was written. The zero value says that nothing was: no place was named, and the worker has
// no default.
type WrittenEvidence struct {
	// Place is where the whole export goes: the URI that was asked for, or the worker's default.
	Place string `json:"place,omitempty"`
	// URI is the file's own.
	URI string `json:"uri,omitempty"`
	EvidenceFile
}

// EvidenceFile is a file of an export. Path is below the directory of the migration's id, with slashes.
type EvidenceFile struct {
	Path   string `json:"path"`
	SHA256 string `json:"sha256"` // of its bytes, in hexadecimal
	// Bytes is the size; 0 where it is not known.
	Bytes int `json:"bytes,omitempty"`
}

// The files of an export whose paths are always the same.
const (
	MigrationEvidenceFile = "migration.json"
	ManifestEvidenceFile  = "manifest.json"
)

// CellEvidenceFile is the path of a cell's file in an export.
func CellEvidenceFile(cell Cell) string { return "cells/" + cell.Account + "/" + cell.Region + ".json" }
