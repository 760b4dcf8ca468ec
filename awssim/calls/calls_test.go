package calls

import (
	"strconv"
	"testing"
)

func TestNamesAreBounded(t *testing.T) {
	var c Counter
	for i := range 3 * maxNames {
		c.Add("kms", strconv.Itoa(i))
	}
	counts := c.Counts()
	if len(counts) != maxNames+1 || counts[Other] != 2*maxNames {
		t.Errorf("%d names, %d others; want %d and %d", len(counts), counts[Other], maxNames+1, 2*maxNames)
	}
}
