package report

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	rekeyv1 "rekey/gen/rekey/v1"
)

// at is a time in UTC, as the page says once; empty where there is none.
func at(t *timestamppb.Timestamp) string {
	if t == nil {
		return ""
	}
	return t.AsTime().UTC().Format("2006-01-02 15:04:05")
}

// units are what durations are told in.
var units = []struct {
	length time.Duration
	name   string
}{{24 * time.Hour, "d"}, {time.Hour, "h"}, {time.Minute, "min"}, {time.Second, "s"}}

// span is a duration in its first two units, which is enough for people; the second only where there is something of it.
func span(d time.Duration) string {
	for i, u := range units[:len(units)-1] {
		if d < u.length {
			continue
		}
		text := fmt.Sprintf("%d %s", d/u.length, u.name)
		if rest := d % u.length / units[i+1].length; rest > 0 {
			text += fmt.Sprintf(" %d %s", rest, units[i+1].name)
		}
		return text
	}
	return fmt.Sprintf("%d s", d/time.Second)
}

// between is the time from one to another; empty where one of them is missing.
func between(from, to *timestamppb.Timestamp) string {
	if from == nil || to == nil {
		return ""
	}
	return span(to.AsTime().Sub(from.AsTime()))
}

// expected is a range of times.
func expected(r *rekeyv1.TimeRange) string {
	if r == nil {
		return ""
	}
	least, most := length(r.GetLeast()), length(r.GetMost())
	if least == most {
		return least
	}
	return least + " to " + most
}

func length(d *durationpb.Duration) string { return span(d.AsDuration()) }

// number is a count with its thousands apart.
func number(n int) string {
	digits := strconv.Itoa(n)
	for i := len(digits) - 3; i > 0 && digits[i-1] != '-'; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}

// counted is a number of things: "1 canary", "2 canaries".
func counted(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	if stem, found := strings.CutSuffix(what, "ry"); found {
		return number(n) + " " + stem + "ries"
	}
	return number(n) + " " + what + "s"
}

// plain is a string from an API as it stands in text: nothing for an empty one would be taken for a fault of the page.
func plain(text string) string {
	if text == "" {
		return "–"
	}
	return text
}

// caller is who called, and whether that is certain.
func caller(c *rekeyv1.Caller) string {
	switch {
	case c.GetName() == "":
		return "a caller without a name"
	case c.GetVerified():
		return c.GetName() + " (verified)"
	default:
		return c.GetName() + " (unverified)"
	}
}

// part is what a verb or a pause is about.
func part(p *rekeyv1.Part) string {
	switch about := p.GetPart().(type) {
	case *rekeyv1.Part_Wave:
		return fmt.Sprintf("wave %d", about.Wave)
	case *rekeyv1.Part_Cell:
		return about.Cell.GetAccountId() + " " + about.Cell.GetRegion()
	case *rekeyv1.Part_Canary:
		return about.Canary.GetAccountId() + " " + about.Canary.GetRegion() + " " + about.Canary.GetCanaryName()
	default:
		return "all of it"
	}
}
