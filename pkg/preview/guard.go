package preview

import (
	"crypto/subtle"
	"net/http"
	"strings"
)

const (
	// pagePolicy lets the page use its own files, and show nothing else.
	pagePolicy = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; frame-src 'self'; " +
		"base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
	// messagePolicy is for contact data, wherever it is opened. 'unsafe-inline'
	// is for style attributes alone.
	messagePolicy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; " +
		"base-uri 'none'; form-action 'none'; frame-ancestors 'self'; sandbox"
)

// guard answers no request that this server's own page, or the person at this
// machine, did not make.
func (s *Server) guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		header := w.Header()
		header.Set("Content-Security-Policy", pagePolicy)
		header.Set("Cache-Control", "no-store")
		header.Set("Cross-Origin-Opener-Policy", "same-origin")
		header.Set("Cross-Origin-Resource-Policy", "same-origin")
		header.Set("Referrer-Policy", "no-referrer")
		header.Set("X-Content-Type-Options", "nosniff")
		header.Set("X-DNS-Prefetch-Control", "off")
		switch {
		case !s.isOurs(r):
			http.Error(w, "this page is for the person who started it", http.StatusForbidden)
		case r.Method != http.MethodGet && r.Method != http.MethodHead:
			http.Error(w, "this page can only be read", http.StatusMethodNotAllowed)
		case s.redeem(r.URL.Path):
			http.Redirect(w, r, "/"+s.secret+"/?"+r.URL.RawQuery, http.StatusSeeOther)
		default:
			s.serveSecret(w, r, next)
		}
	})
}

// isOurs reports whether a request names this server as people here reach it,
// and comes from its own page or from a person's hand. A browser tells; what is
// no browser tells nothing, and needs the path.
func (s *Server) isOurs(r *http.Request) bool {
	if r.Host != s.host {
		return false
	}
	if origin, sent := r.Header["Origin"]; sent && (len(origin) != 1 || origin[0] != "http://"+s.host) {
		return false
	}
	switch r.Header.Get("Sec-Fetch-Site") {
	case "", "none", "same-origin":
		return true
	}
	return false
}

// redeem reports whether a path is the ticket, and makes it worthless.
func (s *Server) redeem(path string) bool {
	ticket := s.ticket.Load()
	return ticket != nil && same(strings.TrimPrefix(path, "/"), *ticket) && s.ticket.CompareAndSwap(ticket, nil)
}

// serveSecret serves what is below the secret path.
func (s *Server) serveSecret(w http.ResponseWriter, r *http.Request, next http.Handler) {
	first, _, below := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	if !below || !same(first, s.secret) {
		http.NotFound(w, r)
		return
	}
	http.StripPrefix("/"+s.secret, next).ServeHTTP(w, r)
}

// same compares secrets, and takes as long whatever they have in common.
func same(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }
