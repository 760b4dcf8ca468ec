package synthetics

import (
	"encoding/base64"
	"strconv"
	"strings"
)

// page is what paged operations take. That a token holds a position is nobody's business but ours.
type page struct {
	MaxResults *int
	NextToken  *string
}

func (p page) size(most int) int {
	if p.MaxResults == nil {
		return most
	}
	return *p.MaxResults
}

// position is what the token holds, 0 without a token.
func (p page) position() (int, error) {
	if p.NextToken == nil {
		return 0, nil
	}
	raw, err := base64.URLEncoding.DecodeString(*p.NextToken)
	number, ok := strings.CutPrefix(string(raw), "at:")
	n, bad := strconv.Atoi(number)
	if err != nil || !ok || bad != nil || n < 0 {
		return 0, invalid("Value %q at 'nextToken' isn't a token of this operation", *p.NextToken)
	}
	return n, nil
}

func token(position int) string {
	return base64.URLEncoding.EncodeToString([]byte("at:" + strconv.Itoa(position)))
}
