package peers

import (
	"strings"
	"testing"
)

// A name that nobody knows must not end in an empty result in the place of the last one.
func TestOnly(t *testing.T) {
	whole := preset(false, 1)
	for name, want := range map[string]struct{ questions, kills int }{
		"": {4, 80}, "kill": {0, 80}, "without limits": {1, 0},
	} {
		got, err := whole.only(name)
		if err != nil {
			t.Errorf("%q: %v", name, err)
		}
		if len(got.Questions) != want.questions || got.Kill.Canaries != want.kills {
			t.Errorf("%q: %d questions and a kill of %d canaries, want %+v", name, len(got.Questions), got.Kill.Canaries, want)
		}
	}
	if _, err := whole.only("without limit"); err == nil || !strings.Contains(err.Error(), `"without limits"`) {
		t.Errorf("the error does not name the questions that there are: %v", err)
	}
}
