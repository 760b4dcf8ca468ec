package request

import (
	"fmt"
	"strconv"
	"strings"

	rekeyv1 "rekey/gen/rekey/v1"
)

// Budget reads a failure budget: "5", "5%", or "5%+20", of which the smaller counts.
func Budget(text string) (*rekeyv1.FailureBudget, error) {
	budget := &rekeyv1.FailureBudget{}
	for part := range strings.SplitSeq(text, "+") {
		digits, percent := strings.CutSuffix(part, "%")
		n, err := strconv.ParseUint(digits, 10, 31)
		field := &budget.Count
		if percent {
			field = &budget.Percent
		}
		if err != nil || *field != nil {
			return nil, fmt.Errorf("%q is not a failure budget: write a number (5), a share (5%%), or both (5%%+20, of which the smaller counts)", text)
		}
		*field = new(int32(n)) //nolint:gosec // of 31 bits
	}
	return budget, nil
}
