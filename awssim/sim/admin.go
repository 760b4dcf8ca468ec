package sim

import (
	"encoding/json"
	"net/http"
)

// serveVerdict answers GET /_awssim/verdict with the verdict; outcomes of canaries without gaps and failures
// are left out unless ?all=true.
func (s *Sim) serveVerdict(w http.ResponseWriter, r *http.Request) {
	v := s.Verdict()
	if r.URL.Query().Get("all") != "true" {
		v = v.Troubled()
	}
	writeJSON(w, v)
}

// adjustment is the body of POST /_awssim/canaries; members that are absent change nothing.
type adjustment struct {
	ARN                string  `json:"arn"`
	SiteDown           *bool   `json:"site_down"`
	RollBackNextUpdate *string `json:"rollback_next_update"`
	Deleted            bool    `json:"deleted"`
}

func (s *Sim) adjust(a adjustment) error {
	var err error
	if a.SiteDown != nil {
		err = s.Synthetics.SetSiteDown(a.ARN, *a.SiteDown)
	}
	if err == nil && a.RollBackNextUpdate != nil {
		err = s.Synthetics.RollBackNextUpdate(a.ARN, *a.RollBackNextUpdate)
	}
	if err == nil && a.Deleted {
		err = s.DeleteCanary(a.ARN)
	}
	return err
}

// keyChange is the body of POST /_awssim/keys; see Sim.SetKeyState.
type keyChange struct {
	ARN   string `json:"arn"`
	State string `json:"state"`
}

// roleChange is the body of POST /_awssim/roles, which knows one change.
type roleChange struct {
	ARN     string `json:"arn"`
	Deleted bool   `json:"deleted"`
}

// accountChange is the body of POST /_awssim/accounts, which knows one change.
type accountChange struct {
	ID   string `json:"id"`
	Left bool   `json:"left"`
}

// changes serves POST of a JSON body that says what is to change; how is shown to who asks otherwise.
func changes[T any](how string, do func(T) error) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodPost {
			http.Error(w, "POST "+how, http.StatusMethodNotAllowed)
			return
		}
		var change T
		d := json.NewDecoder(http.MaxBytesReader(w, r.Body, 1<<20))
		d.DisallowUnknownFields()
		if err := d.Decode(&change); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		if err := do(change); err != nil {
			http.Error(w, err.Error(), http.StatusNotFound)
			return
		}
		w.WriteHeader(http.StatusNoContent)
	})
}

// handleAdmin mounts the admin paths of the simulation.
func (s *Sim) handleAdmin() {
	s.World.HandleAdmin("verdict", http.HandlerFunc(s.serveVerdict))
	s.World.HandleAdmin("targets", http.HandlerFunc(s.serveTargets))
	s.World.HandleAdmin("canaries", changes(`{"arn": ..., "site_down": true, "rollback_next_update": "reason", "deleted": true}`, s.adjust))
	s.World.HandleAdmin("keys", changes(`{"arn": ..., "state": "Disabled"}`, func(c keyChange) error {
		return s.SetKeyState(c.ARN, c.State)
	}))
	s.World.HandleAdmin("roles", changes(`{"arn": ..., "deleted": true}`, func(c roleChange) error {
		if !c.Deleted {
			return nil
		}
		return s.DeleteRole(c.ARN)
	}))
	s.World.HandleAdmin("accounts", changes(`{"id": ..., "left": true}`, func(c accountChange) error {
		if !c.Left {
			return nil
		}
		return s.LeaveOrganization(c.ID)
	}))
}

// serveTargets answers GET /_awssim/targets with the fleet's target keys.
func (s *Sim) serveTargets(w http.ResponseWriter, _ *http.Request) {
	type target struct {
		Account string `json:"account"`
		Region  string `json:"region"`
		Key     string `json:"key"`
	}
	out := []target{}
	for _, t := range s.Fleet.TargetKeys() {
		out = append(out, target{t.Account, t.Region, t.ARN})
	}
	writeJSON(w, out)
}

func writeJSON(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	_ = e.Encode(v)
}
