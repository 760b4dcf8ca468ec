package organizations

import (
	"encoding/json"
	"net/http"

	"rekey/awssim/apierr"
	"rekey/awssim/model"
)

// The sentences that AWS gives the reasons of an InvalidInputException (AWS Organizations API Reference). Unlike
// other services it doesn't say which member it means.
var sentences = map[string]string{
	"INPUT_REQUIRED":      "You must include a value for all required parameters.",
	"MAX_LENGTH_EXCEEDED": "You provided a string parameter that is longer than allowed.",
	"MIN_LENGTH_EXCEEDED": "You provided a string parameter that is shorter than allowed.",
	"MAX_VALUE_EXCEEDED":  "You provided a numeric parameter that has a larger value than allowed.",
	"MIN_VALUE_EXCEEDED":  "You provided a numeric parameter that has a smaller value than allowed.",
	"INVALID_PATTERN":     "You provided a value that does not match the required pattern.",
	"INVALID_ENUM":        "You specified an invalid value.",
	"INVALID_NEXT_TOKEN":  "Get the value for the NextToken parameter from the response to a previous call of the operation.",
}

func invalid(reason string) error {
	e := apierr.New("InvalidInputException", http.StatusBadRequest, "%s", sentences[reason])
	e.Detail = map[string]any{"Reason": reason}
	return e
}

// reason is the one for a violation of the model.
func reason(v model.Violation) string {
	_, number := v.Value.(json.Number)
	switch v.Kind {
	case model.Missing:
		return "INPUT_REQUIRED"
	case model.TooMuch:
		if number {
			return "MAX_VALUE_EXCEEDED"
		}
		return "MAX_LENGTH_EXCEEDED"
	case model.TooLittle:
		if number {
			return "MIN_VALUE_EXCEEDED"
		}
		return "MIN_LENGTH_EXCEEDED"
	case model.Unmatched:
		return "INVALID_PATTERN"
	default:
		return "INVALID_ENUM"
	}
}
