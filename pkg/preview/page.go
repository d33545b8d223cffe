package preview

import (
	"bytes"
	"context"
	"embed"
	"encoding/json"
	"html/template"
	"io"
	"net/http"
	"strconv"
	"strings"

	"github.com/herald-campaigns/herald/pkg/intercom"
	"github.com/herald-campaigns/herald/pkg/source"
)

//go:embed page
var pageFiles embed.FS

var pageTemplate = template.Must(template.ParseFS(pageFiles, "page/page.html"))

// routes are the paths below the secret one.
func (s *Server) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", s.servePage)
	mux.HandleFunc("GET /message", s.serveMessage)
	mux.HandleFunc("GET /request", s.serveRequest)
	mux.HandleFunc("GET /events", s.serveEvents)
	for _, name := range []string{"page.css", "page.js"} {
		mux.HandleFunc("GET /"+name, func(w http.ResponseWriter, r *http.Request) {
			http.ServeFileFS(w, r, pageFiles, "page/"+name)
		})
	}
	return mux
}

// page is what page.html shows.
type page struct {
	Name, Source  string // of the campaign, or of the one before it
	Version       int
	Ready         bool      // there is a view
	Note          string    // about what was asked for
	Problems      []Problem // of the campaign, if there is no row
	Width, Theme  string
	Variant       string   // that is asked for; empty: the row's own
	Variants      []string // that can be asked for
	Searched, In  string
	Columns       []string
	Sample        []int // lines
	Row           *pageRow
	Before, After int // lines of the neighbours, 0 if there is none
	choice        choice
}

// With returns the page's address with another value.
func (p *page) With(name string, value any) string {
	if n, ok := value.(int); ok {
		return p.choice.with(name, strconv.Itoa(n))
	}
	text, _ := value.(string)
	return p.choice.with(name, text)
}

// pageRow is the row that is shown.
type pageRow struct {
	Line     int
	Key      string
	Kind     string // "email" or "in-app"; empty if there is no message
	Variant  string // empty if the campaign has none
	Held     bool   // back, until a variant is chosen
	From     string
	To       []string
	Copies   []string
	Subject  string
	Template string
	Opens    bool // a conversation
	Fields   []pageField
	Problems []Problem
	Warnings []Problem
	Request  string // as JSON, for reading
}

// pageField is a field of the row.
type pageField struct {
	Name, Value string
	Used        bool // by a template
	Missing     bool // used, and empty
}

func (s *Server) servePage(w http.ResponseWriter, r *http.Request) {
	now := s.current.Load()
	c := choice{r.URL.Query()}
	p := &page{
		Version: now.version, choice: c, Width: c.of("width", "desktop", "phone"), Theme: c.of("theme", "light", "dark"),
		Searched: c.Get("find"), In: c.Get("in"), Problems: problemsOf(now.err),
		Name: now.last.Campaign.Name, Source: now.last.Source, Ready: now.view != nil,
	}
	if now.view != nil {
		address, err := now.fill(r.Context(), p)
		if now.live.Err() != nil {
			address = "?" + r.URL.RawQuery // there is a newer one
		}
		if address != "" {
			w.Header().Set("Location", address) // relative: http.Redirect does not know the secret path
			w.WriteHeader(http.StatusSeeOther)
			return
		}
		if err != nil {
			p.Problems = problemsOf(err)
		}
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_ = pageTemplate.Execute(w, p) // fails only when the browser has gone
}

// fill adds the row that is asked for to the page, or returns the address to go
// to for it.
func (s *state) fill(ctx context.Context, p *page) (address string, err error) {
	address, p.Note, err = s.resolve(ctx, p.choice)
	if address != "" || err != nil {
		return address, err
	}
	ctx, release, err := s.take(ctx)
	if err != nil {
		return "", err
	}
	defer release()
	place, err := s.cursor.around(ctx, p.choice.line())
	if err != nil {
		return "", err
	}
	if place.at == nil {
		p.Note = "The source has no rows."
		return "", nil
	}
	if asked := p.choice.line(); asked != 0 && asked != place.at.line {
		p.Note = "No row starts on line " + strconv.Itoa(asked) + "; this one is the nearest."
	}
	p.Variants = s.view.Campaign.VariantNames()
	if p.Variant = p.choice.Get("variant"); !s.view.Renderer.Has(p.Variant) {
		p.Variant = ""
	}
	p.show(s.view.as(p.Variant), place)
	if p.choice.Get("sample") != "" {
		rows, err := s.samples(ctx)
		for _, row := range rows {
			p.Sample = append(p.Sample, row.Line)
		}
		return "", err
	}
	return "", nil
}

// show adds a row and its neighbours.
func (p *page) show(v *View, place place) {
	if place.before != nil {
		p.Before = place.before.line
	}
	if place.after != nil {
		p.After = place.after.line
	}
	row := place.at.row
	p.choice.Set("line", strconv.Itoa(place.at.line))
	p.Row = &pageRow{Line: place.at.line}
	if row == nil {
		p.Row.Problems = problemsOf(place.at.bad)
		return
	}
	p.Columns = row.Names()
	p.Row.fill(v, row)
}

func (p *pageRow) fill(v *View, row *source.Recipient) {
	p.Fields = fieldsOf(v, row)
	var err error
	if p.Key, err = v.Renderer.Key(row); err != nil {
		p.Key = ""
	}
	p.Variant, _ = v.Renderer.Variant(row, "") // that it has none, rendering says
	p.Held = v.Renderer.Held(row)
	m, err := v.Renderer.Render(row)
	if err != nil {
		p.Problems = problemsOf(err)
	} else {
		p.fillMessage(v, row, m)
	}
	if v.Problems == nil {
		return
	}
	for _, problem := range v.Problems(row, p.Variant, m) {
		if problem.Warning {
			p.Warnings = append(p.Warnings, problem)
		} else {
			p.Problems = append(p.Problems, problem)
		}
	}
}

func (p *pageRow) fillMessage(v *View, row *source.Recipient, m *intercom.Message) {
	p.Kind = kindOf(m)
	p.From, _ = v.Sender(row) // it could be rendered
	p.To, p.Copies = recipients("", m.To), append(recipients("cc ", m.CC), recipients("bcc ", m.BCC)...)
	p.Subject, p.Template, p.Opens = m.Subject, m.Template, m.OpenConversation
	var b bytes.Buffer
	if json.Indent(&b, m.AppendJSON(nil), "", "  ") == nil {
		p.Request = b.String()
	}
}

func kindOf(m *intercom.Message) string {
	if m.Type == intercom.Email {
		return "email"
	}
	return "in-app"
}

func recipients(before string, list intercom.Recipients) []string {
	var all []string
	for _, to := range list {
		all = append(all, before+to.Type+" "+to.ID)
	}
	return all
}

func fieldsOf(v *View, row *source.Recipient) []pageField {
	used := map[string]bool{}
	for _, name := range v.Renderer.Uses() {
		used[name] = true
		first, _, _ := strings.Cut(name, ".")
		used[first] = true
	}
	var all []pageField
	for _, name := range row.Names() {
		value, _ := row.Value(name)
		f := pageField{Name: name, Value: Text(value), Used: used[name]}
		f.Missing = f.Used && strings.TrimSpace(f.Value) == ""
		all = append(all, f)
	}
	return all
}

// serveEvents tells the page, when it is out of date, that there is a newer one.
func (s *Server) serveEvents(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/event-stream")
	out := http.NewResponseController(w)
	have := r.URL.Query().Get("have")
	for {
		now := s.current.Load()
		if version := strconv.Itoa(now.version); version != have {
			have = version
			_, _ = io.WriteString(w, "data: "+version+"\n\n") // Flush says whether somebody reads
		}
		if out.Flush() != nil {
			return
		}
		select {
		case <-now.live.Done():
		case <-r.Context().Done():
			return
		}
	}
}
