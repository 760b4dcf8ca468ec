package foreign

import (
	"os"
	"os/exec"
	"testing"
)

// TestBoto3 runs the story, each of whose tests is named in the output.
func TestBoto3(t *testing.T) {
	needs(t, "boto3", "python3", "-c", "import boto3")
	w, err := open()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.close)
	story := exec.CommandContext(t.Context(), "python3", "testdata/story.py", "--verbose")
	story.Env = append(w.environment(t.TempDir()), "PATH="+os.Getenv("PATH"))
	out, err := story.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	t.Logf("%s", out)
}
