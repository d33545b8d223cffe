package sandbox

import (
	"bufio"
	"encoding/json"
	"net/http"
)

// routeControl adds the page and what is under /_sandbox/: things that the API
// does not have. They are neither counted nor limited.
func (s *Sandbox) routeControl(mux *http.ServeMux) {
	mux.HandleFunc("GET /{$}", s.servePage)
	mux.HandleFunc("GET /_sandbox/inbox.css", serveStyle)
	mux.HandleFunc("GET /_sandbox/witness", s.serveWitness)
	mux.HandleFunc("GET /_sandbox/deliveries", s.serveDeliveries)
	// A page of some other site must not be able to wipe the testimony.
	protect := http.NewCrossOriginProtection()
	mux.Handle("POST /_sandbox/reset", protect.Handler(http.HandlerFunc(s.serveReset)))
	mux.Handle("POST /_sandbox/reply", protect.Handler(http.HandlerFunc(s.serveReply)))
	mux.HandleFunc("/_sandbox/", http.NotFound)
}

func serveStyle(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-cache")
	http.ServeFileFS(w, r, pageFiles, "page/inbox.css")
}

func (s *Sandbox) serveWitness(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	_ = json.NewEncoder(w).Encode(s.Witness()) // fails only when the client has gone
}

func (s *Sandbox) serveDeliveries(w http.ResponseWriter, r *http.Request) {
	least := 1
	if r.URL.Query().Get("over") == "1" {
		least = 2
	}
	w.Header().Set("Content-Type", "application/x-ndjson; charset=utf-8")
	buffered := bufio.NewWriterSize(w, 64<<10)
	lines := json.NewEncoder(buffered)
	for delivery := range s.Deliveries() {
		if delivery.Count < least {
			continue
		}
		if lines.Encode(delivery) != nil {
			return
		}
	}
	_ = buffered.Flush()
}

func (s *Sandbox) serveReset(w http.ResponseWriter, _ *http.Request) {
	s.Reset()
	w.WriteHeader(http.StatusNoContent)
}

// serveReply lets ?contact=ID or ?message=ID be replied to.
func (s *Sandbox) serveReply(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	reply, id := s.Reply, query.Get("contact")
	if id == "" {
		reply, id = s.ReplyTo, query.Get("message")
	}
	conversation, err := reply(id)
	if err != nil {
		http.Error(w, err.Error(), http.StatusNotFound)
		return
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	_ = json.NewEncoder(w).Encode(map[string]string{"conversation_id": conversation}) // fails only when the client has gone
}
