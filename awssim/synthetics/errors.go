package synthetics

import (
	"net/http"

	"rekey/awssim/apierr"
)

// The codes and statuses of the API model.

func invalid(format string, args ...any) *apierr.Error {
	return apierr.New("ValidationException", http.StatusBadRequest, format, args...)
}

func conflict(format string, args ...any) *apierr.Error {
	return apierr.New("ConflictException", http.StatusConflict, format, args...)
}

func notFound(name string) *apierr.Error {
	return apierr.New("ResourceNotFoundException", http.StatusNotFound, "Canary %s not found.", name)
}
