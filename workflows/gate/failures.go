package gate

import (
	"fmt"
	"slices"

	"rekey/workflows"
	"rekey/workflows/failure"
)

// paused ends an activity for a subject whose gate is shut. Its workflow asks for the activity again when it is resumed.
func paused(s workflows.Subject, g workflows.Gate) error {
	var part workflows.Part
	for _, p := range g.Parts {
		if p.Covers(s.Cell, s.Wave, s.Canary) {
			part = p
			break
		}
	}
	p := &workflows.Problem{
		Reason:   workflows.Paused,
		Message:  fmt.Sprintf("Migration %s is paused.", s.Migration),
		NextStep: "Resume it with ResumeMigration.",
		Metadata: map[string]string{"migration_id": s.Migration},
	}
	if !part.IsAll() {
		p.Message = fmt.Sprintf("In migration %s, %s is paused.", s.Migration, part)
		p.Metadata["part"] = part.String()
	}
	return failure.Pause(p)
}

// unanswered ends an attempt for a subject whose gate is not known.
func unanswered(s workflows.Subject, err error) error {
	return failure.Retry(&workflows.Problem{
		Reason:   workflows.Internal,
		Message:  fmt.Sprintf("Whether migration %s is paused could not be found out, so nothing was changed: %v", s.Migration, err),
		NextStep: "Nothing: it is repeated. If it goes on, look at Temporal and at the migration's workflow there.",
		Metadata: map[string]string{"migration_id": s.Migration, "cause": err.Error()},
	}, 0)
}

// late ends an attempt for subjects of which a migration's answer comes too late to count.
func late(subjects []workflows.Subject) error {
	i := slices.IndexFunc(subjects, func(s workflows.Subject) bool { return s.Migration != "" })
	return unanswered(subjects[i], fmt.Errorf("an answer took longer than %s, %d times over", lasting, questions))
}
