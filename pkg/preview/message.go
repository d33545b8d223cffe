package preview

import (
	"errors"
	"net/http"
	"regexp"
	"strings"
	"sync"

	"github.com/herald-campaigns/herald/pkg/intercom"
)

// errNoMessage is what asking for the message of a row without one ends with.
var errNoMessage = errors.New("this row has no message")

// message renders the message of the row that the address names by its line.
func (s *state) message(r *http.Request) (*intercom.Message, error) {
	if s.view == nil {
		return nil, s.err
	}
	ctx, release, err := s.take(r.Context())
	if err != nil {
		return nil, err
	}
	defer release()
	place, err := s.cursor.around(ctx, choice{r.URL.Query()}.line())
	if err != nil {
		return nil, err
	}
	if place.at == nil || place.at.row == nil {
		return nil, errNoMessage
	}
	return s.view.as(choice{r.URL.Query()}.Get("variant")).Renderer.Render(place.at.row)
}

// serveRequest serves a message as it would be POSTed, byte by byte.
func (s *Server) serveRequest(w http.ResponseWriter, r *http.Request) {
	m, err := s.current.Load().message(r)
	if err != nil {
		http.Error(w, err.Error(), http.StatusNotFound)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(m.AppendJSON(nil)) // fails only when the browser has gone
}

// serveMessage serves a message as the document that goes into the frame. Its
// body is foreign: the policy says that it is powerless, also when somebody
// opens it outside of the frame.
func (s *Server) serveMessage(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Security-Policy", messagePolicy)
	m, err := s.current.Load().message(r)
	if err != nil {
		http.Error(w, err.Error(), http.StatusNotFound)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = w.Write([]byte(document(m, choice{r.URL.Query()}.of("theme", "light", "dark"))))
}

const documentHead = `<meta charset="utf-8"><meta name="viewport" content="width=device-width">` +
	`<style>html{color-scheme:light;background:#fff;color:#1b1c20}` +
	`html.dark{color-scheme:dark;background:#1b1c20;color:#e8e9ed}` +
	`:where([data-href]){color:#0000ee;text-decoration:underline}:where(.dark [data-href]){color:#9db8ff}` +
	`body{margin:20px;font:16px/1.5 system-ui,sans-serif;overflow-wrap:anywhere}` +
	`img{max-width:100%}` +
	`.in-app{max-width:376px;margin:0 0 0 auto;padding:16px 20px;border-radius:16px;background:#f1f1f4}` +
	`.dark .in-app{background:#2c2e35}.text{white-space:pre-line}` +
	`.in-app>:first-child{margin-top:0}.in-app>:last-child{margin-bottom:0}</style>`

// document makes a page of a message.
func document(m *intercom.Message, theme string) string {
	class := kindOf(m)
	if !strings.Contains(m.Body, "<") {
		class += " text"
	}
	return `<!DOCTYPE html><html class="` + theme + `">` + documentHead + `<body><div class="` + class + `">` + disarm(m.Body)
}

var (
	// reaching finds the elements that no policy holds back early enough: a link
	// element may connect to a host before anything is loaded (preconnect), and
	// so does a browser for a frame that it then refuses to load.
	reaching = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`(?i)<(link|base|meta|i?frame|fencedframe|portal|object|embed)\b`)
	})
	// leading finds where links lead: browsers connect to a link's host as soon
	// as the mouse is pressed on it.
	leading = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`(?i)\bhref(\s*=)`) })
)

// disarm makes unknown elements and attributes of those. It works on the text,
// not on what a parser makes of it: all of them are spelled like this, wherever
// they hide.
func disarm(body string) string {
	return leading().ReplaceAllString(reaching().ReplaceAllString(body, "<x-$1"), "data-href$1")
}
