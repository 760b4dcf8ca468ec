package model

import "regexp"

// compile makes of a model's pattern, a Java regular expression that is matched from end to end, one for Go. The
// two agree in what the models use but for characters that are written by their number.
func compile(pattern string) *regexp.Regexp {
	return regexp.MustCompile(`^(?:` + byNumber.ReplaceAllString(pattern, `\x{$1$2}`) + `)$`)
}

// byNumber is a character by its number: \uD7FF. The models also write \u10000 and \u10FFFF for the characters
// beyond the first plane, which in Java is another thing, and mean them.
var byNumber = regexp.MustCompile(`\\u(?:(10000|10FFFF)|([0-9A-Fa-f]{4}))`)
