package aws

import (
	"fmt"
	"log/slog"

	"github.com/aws/smithy-go/logging"
)

// logger has the SDK log where rekey does, instead of lines of its own on the standard error.
func logger(to *slog.Logger) logging.Logger {
	return logging.LoggerFunc(func(c logging.Classification, format string, v ...any) {
		message := "AWS SDK: " + fmt.Sprintf(format, v...)
		if c == logging.Warn {
			to.Warn(message)
			return
		}
		to.Debug(message)
	})
}
