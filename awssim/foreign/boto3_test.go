package foreign

import (
	"os"
	"os/exec"
	"testing"
	"time"
)

// TestBoto3 runs the story, each of whose tests is named in the output. It looks at an update that is under way,
// for which a busy machine gets three real seconds.
func TestBoto3(t *testing.T) {
	needs(t, "boto3", "python3", "-c", "import boto3")
	w, err := open(3 * time.Minute)
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
