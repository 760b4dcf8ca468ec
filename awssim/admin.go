package awssim

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"

	"rekey/awssim/fault"
	"rekey/awssim/journal"
)

// adminPrefix begins the paths that are the simulation's own and need no signature.
const adminPrefix = "/_awssim/"

// maxRules is the most bytes of a list of fault rules.
const maxRules = 1 << 20

// HandleAdmin mounts h at /_awssim/<path> and what is below. It must be called before Handler.
func (w *World) HandleAdmin(path string, h http.Handler) { w.admin[strings.Trim(path, "/")] = h }

func (w *World) adminHandler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+adminPrefix+"health", func(rw http.ResponseWriter, _ *http.Request) {
		answer(rw, http.StatusOK, map[string]string{"status": "ok"})
	})
	mux.HandleFunc("GET "+adminPrefix+"clock", w.showClock)
	mux.HandleFunc("GET "+adminPrefix+"journal", w.showJournal)
	mux.HandleFunc("GET "+adminPrefix+"calls", func(rw http.ResponseWriter, _ *http.Request) {
		answer(rw, http.StatusOK, w.Calls.Counts())
	})
	mux.HandleFunc("GET "+adminPrefix+"throttled", func(rw http.ResponseWriter, _ *http.Request) {
		answer(rw, http.StatusOK, w.Faults.Met(fault.Throttled))
	})
	mux.HandleFunc("GET "+adminPrefix+"faults", func(rw http.ResponseWriter, _ *http.Request) {
		answer(rw, http.StatusOK, w.Faults.Rules())
	})
	mux.HandleFunc("POST "+adminPrefix+"faults", w.setFaults)
	for path, h := range w.admin {
		mux.Handle(adminPrefix+path, h)
		mux.Handle(adminPrefix+path+"/", h)
	}
	return mux
}

// showClock answers with the simulated time and how many simulated seconds pass in a real one.
func (w *World) showClock(rw http.ResponseWriter, _ *http.Request) {
	answer(rw, http.StatusOK, struct {
		Now   time.Time `json:"now"`
		Scale float64   `json:"scale"`
	}{w.Clock.Now(), w.Clock.Scale()})
}

// showJournal answers with the entries after since (0 when not given), at most limit of them (1,000 when not
// given).
func (w *World) showJournal(rw http.ResponseWriter, r *http.Request) {
	since, err := number(r, "since", 0)
	if err != nil {
		answer(rw, http.StatusBadRequest, map[string]string{"error": "since is an entry's number"})
		return
	}
	limit, err := number(r, "limit", 1000)
	if err != nil || limit < 1 {
		answer(rw, http.StatusBadRequest, map[string]string{"error": "limit is a positive number"})
		return
	}
	entries := w.Journal.Since(since)
	if entries == nil {
		entries = []journal.Entry{}
	}
	answer(rw, http.StatusOK, struct {
		Entries []journal.Entry `json:"entries"`
	}{entries[:min(limit, len(entries))]})
}

func number(r *http.Request, name string, otherwise int) (int, error) {
	text := r.URL.Query().Get(name)
	if text == "" {
		return otherwise, nil
	}
	return strconv.Atoi(text)
}

// setFaults replaces the rules by a JSON list of them.
func (w *World) setFaults(rw http.ResponseWriter, r *http.Request) {
	decoder := json.NewDecoder(http.MaxBytesReader(rw, r.Body, maxRules))
	decoder.DisallowUnknownFields()
	var rules []fault.Rule
	if err := decoder.Decode(&rules); err != nil {
		answer(rw, http.StatusBadRequest, map[string]string{"error": "the body is not a list of fault rules: " + err.Error()})
		return
	}
	w.Faults.Set(rules)
	answer(rw, http.StatusOK, w.Faults.Rules())
}

func answer(rw http.ResponseWriter, status int, v any) {
	rw.Header().Set("Content-Type", "application/json")
	rw.WriteHeader(status)
	_ = json.NewEncoder(rw).Encode(v) // an error means that the client has gone
}
