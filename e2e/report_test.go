package e2e

import (
	"bytes"
	"slices"
	"strings"

	"golang.org/x/net/html"

	rekeyv1 "rekey/gen/rekey/v1"
	"rekey/internal/report"
)

// reports rolls a canary of a migration back that had a pause, a failure and waves, and checks that the report shows all of it.
func (s *stack) reports(m *rekeyv1.Migration) {
	s.t.Helper()
	part := partOfCanary(shop, virginia, "out-3")
	if _, err := s.api.RollBackMigration(s.as("olga"), &rekeyv1.RollBackMigrationRequest{MigrationId: m.GetId(), Part: part, Reason: "its owner asks"}); err != nil {
		s.t.Fatalf("roll back: %v", err)
	}
	s.await(m.GetId(), rested)
	canaries := s.canaries(m)
	if c := canaries["out-3"]; c.GetState() != returned {
		s.t.Errorf("the canary that was rolled back is %s: %v", c.GetState(), c.GetProblem())
	}
	var page bytes.Buffer
	if err := report.Write(s.ctx, &page, s.api, m.GetId()); err != nil {
		s.t.Fatal(err)
	}
	root, err := html.Parse(&page)
	if err != nil {
		s.t.Fatal(err)
	}
	for anchor, wants := range map[string][]string{
		"waves":      {"2 of 2 rest", "inconclusive", "1 not charged", "the rest", "go on"},
		"log":        {"create", "approve", "pause", "petra", "to look", "resume", "rosa", "advance", "enough", "roll back", "olga", "its owner asks"},
		"unfinished": {"out-2-visual", canaries["out-2-visual"].GetProblem().GetMessage(), "out-3"},
		"held":       {"out-1", canaries["out-1"].GetOldAccess().GetHeldBecause().GetMessage(), "out-4", "out-5-broken"},
	} {
		said := section(root, anchor)
		for _, want := range wants {
			if !strings.Contains(said, want) {
				s.t.Errorf("the section %s does not tell %q: %s", anchor, want, said)
			}
		}
	}
	if said := section(root, "held"); strings.Contains(said, "out-3") {
		s.t.Errorf("old access of what was rolled back is told as held: %s", said)
	}
}

// section is the text of the section under a heading.
func section(root *html.Node, heading string) string {
	var words []string
	for n := range root.Descendants() {
		if n.Type != html.ElementNode || !slices.Contains(n.Attr, html.Attribute{Key: "aria-labelledby", Val: heading}) {
			continue
		}
		for d := range n.Descendants() {
			if d.Type == html.TextNode {
				words = append(words, strings.Fields(d.Data)...)
			}
		}
	}
	return strings.Join(words, " ")
}
