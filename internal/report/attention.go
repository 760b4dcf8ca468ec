package report

import (
	"cmp"
	"io"
	"slices"
	"strings"

	rekeyv1 "rekey/gen/rekey/v1"
)

// foldedFrom is the length from which on a list is folded at first: browsers lay a long table out anew whenever more of
// it has arrived.
const foldedFrom = 1000

// attention is a row of the lists of what somebody should look at.
type attention struct {
	canaryName
	Outcome outcome
	Problem *rekeyv1.Problem
}

// attentionList is one of these lists, in order of the outcomes, the worst first.
type attentionList struct {
	Anchor, Title, Nothing string
	Count                  int
	reasons                map[string]int
	parts                  [outcomes]*spool
}

func newAttentionList(anchor, title, nothing string) *attentionList {
	return &attentionList{Anchor: anchor, Title: title, Nothing: nothing, reasons: map[string]int{}}
}

func (l *attentionList) add(a attention) error {
	part := &l.parts[a.Outcome]
	if *part == nil {
		made, err := newSpool()
		if err != nil {
			return err
		}
		*part = made
	}
	l.Count++
	l.reasons[reason(a.Problem)]++
	return (*part).draw("attention", a)
}

func (l *attentionList) remove() {
	for _, part := range l.parts {
		if part != nil {
			part.remove()
		}
	}
}

// IsLong reports whether the list is folded at first.
func (l *attentionList) IsLong() bool { return l.Count >= foldedFrom }

// reasonCount is how many canaries are listed for a reason.
type reasonCount struct {
	Reason string
	Count  int
}

// Reasons are the reasons that there are, the most frequent first.
func (l *attentionList) Reasons() []reasonCount {
	var list []reasonCount
	for reason, count := range l.reasons {
		list = append(list, reasonCount{reason, count})
	}
	slices.SortFunc(list, func(a, b reasonCount) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), strings.Compare(a.Reason, b.Reason))
	})
	return list
}

// write writes the rows between the heading and the end of their table.
func (l *attentionList) write(out io.Writer) error {
	if err := page.ExecuteTemplate(out, "list-begin", l); err != nil || l.Count == 0 {
		return err
	}
	for _, part := range l.parts {
		if part == nil {
			continue
		}
		if err := part.copyTo(out); err != nil {
			return err
		}
	}
	return page.ExecuteTemplate(out, "list-end", l)
}
