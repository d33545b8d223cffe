package sandbox

import (
	"embed"
	"html/template"
	"net/http"
	"strings"
)

//go:embed page
var pageFiles embed.FS

var pageTemplate = template.Must(template.ParseFS(pageFiles, "page/inbox.html"))

// page is what inbox.html shows.
type page struct {
	Workspace Workspace
	Witness   Witness
	Refused   int64
	Faults    int64
	Limit     int
	To        string // only this recipient's messages
	Letters   []*letter
	Chosen    *letter // nil on the list's own page
	Asked     string  // the id that was asked for
	Document  string  // the chosen message as a document of its own
}

const (
	policy = "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
	// A frame made of srcdoc obeys its page's policy. Messages have inline
	// styles, and pictures that came along with them are harmless; scripts and
	// the network stay shut.
	framePolicy = "default-src 'none'; style-src 'self' 'unsafe-inline'; img-src data:; " +
		"base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)

func (s *Sandbox) servePage(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	p := page{
		Workspace: s.options.Workspace, Witness: s.Witness(), Limit: s.options.Limit,
		To: query.Get("to"), Asked: query.Get("message"),
	}
	p.Refused, p.Faults = sum(p.Witness.Refused), sum(p.Witness.Faults)
	p.Letters = s.inbox.latest(p.To)
	if p.Asked != "" {
		p.Chosen = s.inbox.find(p.Asked)
	}
	header := w.Header()
	header.Set("Content-Security-Policy", policy)
	if p.Chosen != nil {
		p.Document = document(p.Chosen)
		header.Set("Content-Security-Policy", framePolicy)
	}
	header.Set("Content-Type", "text/html; charset=utf-8")
	header.Set("Cache-Control", "no-store")
	header.Set("Referrer-Policy", "no-referrer")
	header.Set("X-Content-Type-Options", "nosniff")
	_ = pageTemplate.Execute(w, p) // fails only when the browser has gone
}

func sum(counts map[string]int64) (total int64) {
	for _, n := range counts {
		total += n
	}
	return total
}

const (
	documentHead = `<!DOCTYPE html><meta charset="utf-8"><meta name="viewport" content="width=device-width">` +
		`<style>html{color-scheme:light;background:#fff}` +
		`body{margin:20px;font:16px/1.5 system-ui,sans-serif;color:#1a1a1a;overflow-wrap:anywhere}` +
		`img{max-width:100%}.in-app{max-width:360px;margin:24px auto;padding:16px 20px;border-radius:16px;` +
		`background:#f1f1f4}.text{white-space:pre-line}</style>`
)

// document makes a page of a message. Its body is foreign: this must only ever
// be shown in a sandboxed frame.
func document(l *letter) string {
	class := l.Kind()
	if !strings.Contains(l.Body, "<") {
		class += " text"
	}
	return documentHead + `<body><div class="` + class + `">` + l.Body
}
