package fault

import (
	"bytes"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"time"

	"rekey/awssim/wire"
)

// defaultStale is how old a stale read may be where the rule doesn't say.
const defaultStale = 10 * time.Second

// maxQuestions bounds what a rule remembers; with more, it forgets all and begins again.
const maxQuestions = 10_000

// isRead reports whether an operation only looks, by the beginning of its name.
func isRead(operation string) bool {
	for _, verb := range []string{"Get", "List", "Describe"} {
		if strings.HasPrefix(operation, verb) {
			return true
		}
	}
	return false
}

// question is what makes two reads the same one.
type question struct{ service, account, region, method, url, target, body string }

func questionOf(service string, c *wire.Call) question {
	return question{
		service, c.Principal.Account, c.Region, c.HTTP.Method, c.HTTP.URL.RequestURI(),
		c.HTTP.Header.Get("X-Amz-Target"), string(c.Body),
	}
}

// answer is a service's, with its simulated time.
type answer struct {
	at     time.Time
	status int
	header http.Header
	body   []byte
}

// memory holds the answers to each question that are young enough to be given again, oldest first.
type memory struct {
	mu    sync.Mutex
	known map[question][]answer
}

// oldest is the oldest answer since an instant; older ones are forgotten.
func (m *memory) oldest(q question, since time.Time) (answer, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	list := m.known[q]
	for len(list) > 0 && list[0].at.Before(since) {
		list = list[1:]
	}
	if len(list) == 0 {
		delete(m.known, q)
		return answer{}, false
	}
	m.known[q] = list
	return list[0], true
}

func (m *memory) add(q question, a answer) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.known == nil || len(m.known) >= maxQuestions {
		m.known = map[question][]answer{}
	}
	m.known[q] = append(m.known[q], a)
}

// replay answers the n-th call that the rule matches, a read, from the past, if the dice say so and there is an answer. The date
// is the present's: a replica that lags behind knows what time it is.
func (a *active) replay(n int64, w http.ResponseWriter, c *wire.Call, now time.Time) bool {
	dice := rand.New(rand.NewPCG(a.seed, ^uint64(n))) //nolint:gosec // repeatable on purpose; negated: dice of its own
	if dice.Float64() >= a.Stale {
		return false
	}
	age := defaultStale
	if a.StaleSeconds > 0 {
		age = time.Duration(a.StaleSeconds * float64(time.Second))
	}
	old, ok := a.past.oldest(questionOf(a.Service, c), now.Add(-age))
	if !ok {
		return false
	}
	for name, values := range old.header {
		if name != "Date" && !strings.HasPrefix(name, "X-Amz") {
			w.Header()[name] = values
		}
	}
	w.WriteHeader(old.status)
	_, _ = w.Write(old.body) // an error means that the client has gone
	return true
}

// remembered is a service whose answers a rule remembers.
type remembered struct {
	wire.Service
	rule *active
	now  func() time.Time
}

func (r remembered) Serve(w http.ResponseWriter, c *wire.Call) {
	at := r.now() // what is read may be no younger than this
	t := &taken{ResponseWriter: w, status: http.StatusOK}
	r.Service.Serve(t, c)
	r.rule.past.add(questionOf(r.rule.Service, c), answer{at, t.status, w.Header().Clone(), t.body.Bytes()})
}

// taken passes an answer on and keeps it.
type taken struct {
	http.ResponseWriter
	status int
	body   bytes.Buffer
}

func (t *taken) WriteHeader(status int) {
	t.status = status
	t.ResponseWriter.WriteHeader(status)
}

func (t *taken) Write(b []byte) (int, error) {
	t.body.Write(b)
	return t.ResponseWriter.Write(b)
}
