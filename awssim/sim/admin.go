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
}

func (s *Sim) serveCanaries(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost {
		http.Error(w, `POST {"arn": ..., "site_down": true, "rollback_next_update": "reason"}`, http.StatusMethodNotAllowed)
		return
	}
	var a adjustment
	d := json.NewDecoder(http.MaxBytesReader(w, r.Body, 1<<20))
	d.DisallowUnknownFields()
	if err := d.Decode(&a); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	var err error
	if a.SiteDown != nil {
		err = s.Synthetics.SetSiteDown(a.ARN, *a.SiteDown)
	}
	if err == nil && a.RollBackNextUpdate != nil {
		err = s.Synthetics.RollBackNextUpdate(a.ARN, *a.RollBackNextUpdate)
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusNotFound)
		return
	}
	w.WriteHeader(http.StatusNoContent)
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
