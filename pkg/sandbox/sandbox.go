package sandbox

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// apiVersions are the values of Intercom-Version, oldest first.
var apiVersions = []string{
	"1.0", "1.1", "1.2", "1.3", "1.4",
	"2.0", "2.1", "2.2", "2.3", "2.4", "2.5", "2.6", "2.7", "2.8", "2.9", "2.10", "2.11", "2.12", "2.13", "2.14", "2.15",
	"Unstable",
}

var versionWithCC = slices.Index(apiVersions, "2.14")

// Sandbox plays one workspace. It is safe for concurrent use.
type Sandbox struct {
	options Options
	handler http.Handler
	people  people
	tally   tally
	inbox   inbox
	threads threads
}

// New makes a sandbox that nothing has arrived at yet.
func New(options Options) *Sandbox {
	o := options.withDefaults()
	s := &Sandbox{options: o, people: newPeople(&o)}
	s.tally.window = window{limit: o.Limit, length: o.Window, style: o.Style}
	s.inbox.keep = o.KeepMessages
	s.tally.reset()
	s.threads.reset()
	s.handler = s.routes()
	return s
}

// ServeHTTP serves the API, the control paths and the inbox page.
func (s *Sandbox) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.handler.ServeHTTP(w, r)
}

// Reset forgets messages, conversations, recipients and counts, as POST
// /_sandbox/reset does.
func (s *Sandbox) Reset() {
	s.tally.reset()
	s.threads.reset()
	s.inbox.reset()
}

func (s *Sandbox) routes() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/", s.api(s.notHere))
	mux.Handle("POST /messages", s.api(s.createMessage))
	mux.Handle("POST /contacts/search", s.api(s.searchContacts))
	mux.Handle("POST /conversations/search", s.api(s.searchConversations))
	mux.Handle("GET /me", s.api(s.me))
	mux.Handle("GET /tags", s.api(s.tags))
	mux.Handle("GET /segments", s.api(s.segments))
	mux.Handle("GET /admins", s.api(s.admins))
	mux.Handle("GET /admins/{id}", s.api(s.admin))
	s.routeControl(mux)
	return mux
}

// request is what an endpoint works on: authorised, let into the window, with
// headers that are in order.
type request struct {
	*http.Request
	at      time.Time
	id      string // the request_id of an error
	version int    // position in apiVersions
}

// endpoint answers one request. It does not wait and does not write.
type endpoint func(request) *answer

// api wraps an endpoint in everything that all of them have in common.
func (s *Sandbox) api(serve endpoint) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		at, number, budget := s.tally.arrive(s.options.Now, r.Pattern)
		req := request{Request: r, at: at, id: "sandbox-" + strconv.FormatInt(number, 10)}
		reply := s.judge(&req, budget, serve)
		if !sleep(r.Context(), s.latency(number)+reply.delay) {
			return
		}
		s.writeHeaders(w.Header(), at, budget)
		reply.write(w)
	})
}

func (s *Sandbox) judge(r *request, budget standing, serve endpoint) *answer {
	if !budget.in {
		return s.throttled().answer(r.id)
	}
	if refused := cmp.Or(s.checkToken(r), s.checkPlan(), checkVersion(r), checkMedia(r)); refused != nil {
		return s.refuse(r, refused)
	}
	return serve(*r)
}

// refuse counts a documented error and answers with it.
func (s *Sandbox) refuse(r *request, refused *refusal) *answer {
	s.tally.refuse(refused.label())
	return refused.answer(r.id)
}

func (s *Sandbox) throttled() *refusal {
	span := strconv.FormatFloat(s.options.Window.Seconds(), 'f', -1, 64)
	text := "Exceeded rate limit of " + strconv.Itoa(s.options.Limit) + " in " + span + "_seconds"
	return &refusal{429, "rate_limit_exceeded", text, ""}
}

func (s *Sandbox) checkToken(r *request) *refusal {
	header := r.Header.Get("Authorization")
	if header == "" {
		return &refusal{401, "missing_authorization", "Access Token Missing", ""}
	}
	token, bearer := strings.CutPrefix(header, "Bearer ")
	if !bearer || token == "" || s.options.Token != "" && token != s.options.Token {
		return &refusal{401, "unauthorized", "Access Token Invalid", ""}
	}
	return nil
}

func (s *Sandbox) checkPlan() *refusal {
	if s.options.Restricted {
		return &refusal{403, "api_plan_restricted", "Active subscription needed.", ""}
	}
	return nil
}

func checkVersion(r *request) *refusal {
	version := r.Header.Get("Intercom-Version")
	r.version = slices.Index(apiVersions, version)
	if version == "" {
		r.version = slices.Index(apiVersions, "2.15")
	}
	if r.version < 0 {
		return &refusal{400, "intercom_version_invalid", "The requested version could not be found", "intercom_version"}
	}
	return nil
}

func checkMedia(r *request) *refusal {
	accept := r.Header.Get("Accept")
	if !strings.Contains(accept, "application/json") && !strings.Contains(accept, "*/*") {
		return &refusal{406, "media_type_not_acceptable", "The Accept header should send a media type of application/json", ""}
	}
	media, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";")
	if r.Method == http.MethodPost && strings.TrimSpace(media) != "application/json" {
		return &refusal{415, "media_type_not_supported", "The Content-Type header should send a media type of application/json", ""}
	}
	return nil
}

func (s *Sandbox) notHere(r request) *answer {
	return s.refuse(&r, &refusal{404, "not_found", "The requested resource was not found", ""})
}

func (s *Sandbox) writeHeaders(header http.Header, at time.Time, budget standing) {
	o := &s.options
	now := o.Now().Add(o.Headers.Skew)
	header["Date"] = []string{now.UTC().Format(http.TimeFormat)}
	if o.Limit > 0 {
		budget.write(header, o.Limit, o.Headers.Skew)
		if o.Headers.RetryAfter && !budget.in {
			wait := secondsUp(time.Unix(0, 0).Add(budget.reset.Sub(at)))
			header["Retry-After"] = []string{strconv.FormatInt(wait, 10)}
		}
	}
	o.Headers.apply(header)
}

// latency is how long the numberth answer is held back.
func (s *Sandbox) latency(number int64) time.Duration {
	if s.options.Jitter <= 0 {
		return s.options.Latency
	}
	part := share(s.options.Seed, "jitter", "", uint64(number))
	return s.options.Latency + time.Duration(part*float64(s.options.Jitter))
}

// sleep waits, and reports false if the client went away before.
func sleep(ctx context.Context, delay time.Duration) bool {
	if delay <= 0 {
		return true
	}
	timer := time.NewTimer(delay)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
