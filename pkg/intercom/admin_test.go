package intercom

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func serveAdmins(t *testing.T) *Client {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /me", answering(`{"type":"admin","id":"394051","name":"Anna","email":"anna@acme.example",
		"app":{"type":"app","id_code":"ab12cd","name":"Acme","region":"EU","timezone":"Europe/Dublin"}}`))
	mux.HandleFunc("GET /admins", answering(`{"type":"admin.list","admins":[
		{"type":"admin","id":"394051","name":"Anna","email":"anna@acme.example","away_mode_enabled":false},
		{"type":"admin","id":7,"name":null,"email":"bot@acme.example"}]}`))
	mux.HandleFunc("GET /admins/394051", answering(`{"type":"admin","id":"394051","name":"Anna\u202e","email":"anna@acme.example"}`))
	mux.HandleFunc("GET /admins/2", answering(`{"type":"admin","id":"x"}`))
	mux.HandleFunc("GET /admins/3", answering(`{"type":`))
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(404)
		w.Write([]byte(errorList(CodeAdminNotFound, "Admin not found")))
	})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.ContentLength != 0 || len(r.TransferEncoding) > 0 || r.Header.Get("Content-Type") != "" ||
			r.Header.Get("Authorization") != "Bearer "+testToken || r.Header.Get("Accept") != "application/json" {
			t.Errorf("length %d, %v, headers %v", r.ContentLength, r.TransferEncoding, r.Header)
		}
		mux.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	return newClient(t, Options{BaseURL: server.URL})
}

var anna = Admin{ID: 394051, Name: "Anna", Email: "anna@acme.example"}

func TestMe(t *testing.T) {
	me, err := serveAdmins(t).Me(t.Context())
	want := Me{Admin: anna, App: App{ID: "ab12cd", Name: "Acme", Region: "EU", Timezone: "Europe/Dublin"}}
	if diff := cmp.Diff(want, me); err != nil || diff != "" {
		t.Errorf("error %v, %s", err, diff)
	}
}

func TestAdmins(t *testing.T) {
	admins, err := serveAdmins(t).Admins(t.Context())
	want := []Admin{anna, {ID: 7, Email: "bot@acme.example"}}
	if diff := cmp.Diff(want, admins); err != nil || diff != "" {
		t.Errorf("error %v, %s", err, diff)
	}
}

func TestAdmin(t *testing.T) {
	tests := []struct {
		id    int64
		want  Admin
		class Class
		code  string
	}{
		{394051, anna, Sent, ""},
		{1, Admin{}, Hopeless, CodeAdminNotFound},
		{2, Admin{}, Unknown, ""},
		{3, Admin{}, Unknown, ""},
	}
	c := serveAdmins(t)
	for _, tt := range tests {
		got, err := c.Admin(t.Context(), tt.id)
		if got != tt.want || ClassOf(err) != tt.class {
			t.Errorf("%d: %+v, error %v", tt.id, got, err)
		}
		if err != nil && asError(t, err).Code != tt.code {
			t.Errorf("%d: code %q, want %q", tt.id, asError(t, err).Code, tt.code)
		}
	}
}
