package migration

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"rekey/workflows"
)

// TestTheLargestFleetFitsIntoAPayload: four Regions of a thousand accounts, in as many waves as there may be, each cell with
// numbers of its own. Temporal takes 2 MB.
func TestTheLargestFleetFitsIntoAPayload(t *testing.T) {
	const most = 2_000_000 * 3 / 4 // the view and the spec go along
	resume := largest()
	if err := pack(&resume); err != nil {
		t.Fatal(err)
	}
	payload, err := json.Marshal(resume)
	if err != nil {
		t.Fatal(err)
	}
	if len(payload) > most {
		t.Errorf("the payload has %d bytes, want %d at most", len(payload), most)
	}
}

// BenchmarkPack is what handing on costs a migration of the largest size, and how much it hands on.
func BenchmarkPack(b *testing.B) {
	fleet := largest()
	for b.Loop() {
		resume := fleet
		if err := pack(&resume); err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(len(resume.Packed)), "bytes")
	}
}

// largest is what a migration of the largest fleet hands on.
func largest() workflows.MigrationResume {
	resume := workflows.MigrationResume{}
	for i := range 4000 {
		cell := workflows.Cell{Account: fmt.Sprintf("%012d", 100000000000+i/4*7919), Region: []string{"eu-west-1", "eu-central-1", "us-east-1", "us-west-2"}[i%4]}
		r := workflows.CellReport{
			Cell: cell, Phase: workflows.CellWaiting, Sequence: int64(40 + i%61), Serial: int64(i % 53), Limit: i % 7, InFlight: i % 5,
			Digest: fmt.Sprintf("%x", sha256.Sum256([]byte{byte(i), byte(i >> 8)})), Plan: workflows.PlanCount{Canaries: 30 + i%9, ToMigrate: 25 + i%5, Grants: i % 11},
			States:     map[workflows.CanaryState]int{workflows.Migrated: i % 23, workflows.Pending: i % 7, workflows.Unverified: i % 3},
			Stopped:    map[workflows.Step]int{workflows.RevokeStep: i % 23, workflows.RunStep: i % 3},
			Returnable: i % 23, RollBackUntil: time.Unix(1_800_000_000+int64(i)*977, 0), Tasks: int64(i % 4),
		}
		for wave := range 51 {
			n := (i + wave) % 3
			r.Waves = append(r.Waves, workflows.CellWave{Canaries: n, Rested: n, Done: n > 0, Baked: n > 0, Watched: n, Migrated: workflows.RunShare{Canaries: n}})
		}
		resume.Cells = append(resume.Cells, r)
		resume.Steering = append(resume.Steering, workflows.Steering{Serial: int64(i % 53), Wave: i % 51, Limit: i % 7})
		if i%4 == 0 {
			resume.Selected = append(resume.Selected, workflows.SelectedAccount{Account: cell.Account, OUs: []string{"r-ab12", "ou-ab12-11111111"}})
		}
	}
	return resume
}
