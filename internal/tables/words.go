package tables

import (
	"fmt"
	"strings"
	"time"

	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	rekeyv1 "rekey/gen/rekey/v1"
)

// Name is an enum's value without the enum's name in front, as errors and records have it: "ROLLED_BACK". It is empty for
// the unspecified one.
func Name(value protoreflect.Enum) string {
	values := value.Descriptor().Values()
	v := values.ByNumber(value.Number())
	if v == nil {
		return fmt.Sprint(value.Number()) // of a newer server
	}
	if v.Number() == 0 {
		return ""
	}
	return strings.TrimPrefix(string(v.Name()), strings.TrimSuffix(string(values.ByNumber(0).Name()), "UNSPECIFIED"))
}

// Word is an enum's value as a person writes it: "rolled back".
func Word(value protoreflect.Enum) string {
	return strings.ToLower(strings.ReplaceAll(Name(value), "_", " "))
}

// Time is a time in UTC, to the second; empty when it is unset.
func Time(t *timestamppb.Timestamp) string {
	if t == nil {
		return ""
	}
	return t.AsTime().Format("2006-01-02 15:04:05Z")
}

// Clock is the time of a day in UTC; empty when it is unset.
func Clock(t *timestamppb.Timestamp) string {
	if t == nil {
		return ""
	}
	return t.AsTime().Format("15:04:05Z")
}

// Duration is how long something takes, in the two largest units that say something: "1d 4h", "2h 5m", "42s".
func Duration(d time.Duration) string {
	d = d.Round(time.Second)
	const day = 24 * time.Hour
	units := []struct {
		unit time.Duration
		name string
	}{{day, "d"}, {time.Hour, "h"}, {time.Minute, "m"}, {time.Second, "s"}}
	var parts []string
	for _, u := range units {
		if n := d / u.unit; n > 0 {
			parts = append(parts, fmt.Sprintf("%d%s", n, u.name))
			d -= n * u.unit
		} else if len(parts) > 0 {
			break // 1d 0h 3m says no more than 1d
		}
		if len(parts) == 2 {
			break
		}
	}
	if len(parts) == 0 {
		return "0s"
	}
	return strings.Join(parts, " ")
}

// Range is a range of times; empty when it is unset.
func Range(r *rekeyv1.TimeRange) string {
	if r == nil {
		return ""
	}
	least, most := span(r.GetLeast()), span(r.GetMost())
	if least == most {
		return least
	}
	return least + " to " + most
}

func span(d *durationpb.Duration) string { return Duration(d.AsDuration()) }

// Caller is who called, and whether a certificate says so.
func Caller(c *rekeyv1.Caller) string {
	switch {
	case c == nil:
		return ""
	case c.GetName() == "":
		return "somebody"
	case c.GetVerified():
		return c.GetName()
	}
	return c.GetName() + " (unverified)"
}

// Part is what a verb is about; "all" for the whole migration.
func Part(p *rekeyv1.Part) string {
	switch part := p.GetPart().(type) {
	case *rekeyv1.Part_Wave:
		return fmt.Sprintf("wave %d", part.Wave)
	case *rekeyv1.Part_Cell:
		return part.Cell.GetAccountId() + "/" + part.Cell.GetRegion()
	case *rekeyv1.Part_Canary:
		return CanaryName(part.Canary)
	}
	return "all"
}

// CanaryName is a canary as flags take it, "account/region/name".
func CanaryName(c *rekeyv1.CanaryName) string {
	return c.GetAccountId() + "/" + c.GetRegion() + "/" + c.GetCanaryName()
}

// Counted is a number of things, in words.
func Counted(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	if stem, ok := strings.CutSuffix(what, "ary"); ok {
		return fmt.Sprintf("%d %saries", n, stem)
	}
	return fmt.Sprintf("%d %ss", n, what)
}
