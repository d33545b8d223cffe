package intercom

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

func TestErrorBodies(t *testing.T) {
	long := strings.Repeat("ü", 400)
	tests := []struct {
		name   string
		status int
		body   string
		want   Error
		text   string
	}{
		{
			"documented", 422, `{"type":"error.list","request_id":"r1","errors":[{"code":"parameter_not_found","message":"No subject supplied","field":"subject"}]}`,
			Error{Code: "parameter_not_found", Field: "subject", Message: "No subject supplied", RequestID: "r1",
				Details: []Detail{{"parameter_not_found", "subject", "No subject supplied"}}},
			"create message: 422 parameter_not_found No subject supplied, field subject, request r1",
		}, {
			"all null", 400, `{"type":"error.list","request_id":null,"errors":[{"code":null,"message":null,"field":null}]}`,
			Error{Message: "bad request", Details: []Detail{{}}}, "create message: 400 bad request",
		}, {
			"several", 400, `{"type":"error.list","errors":[{"code":"","message":"first"},{"code":"second","message":"m","field":"f"},{"code":"third"}]}`,
			Error{Code: "second", Field: "f", Message: "m", Details: []Detail{{"", "", "first"}, {"second", "f", "m"}, {Code: "third"}}}, "",
		}, {
			"several, a later one hopeless", 403, `{"errors":[{"code":"other","message":"x"},{"code":"api_plan_restricted","message":"pay"}]}`,
			Error{Class: Hopeless, Code: "api_plan_restricted", Message: "pay", Details: []Detail{{"other", "", "x"}, {"api_plan_restricted", "", "pay"}}}, "",
		}, {
			"lone error", 400, `{"type":"error","request_id":"r2","message":"bad JSON"}`,
			Error{Message: "bad JSON", RequestID: "r2"}, "create message: 400 bad JSON, request r2",
		}, {
			"lone error with a code", 401, `{"code":"token_expired","message":"gone"}`,
			Error{Class: Hopeless, Code: "token_expired", Message: "gone", Details: []Detail{{"token_expired", "", "gone"}}}, "",
		}, {
			"error as text", 400, `{"error":"invalid_request"}`, Error{Message: "invalid_request"}, "",
		}, {
			"empty list", 400, `{"type":"error.list","request_id":"r","errors":[]}`, Error{Message: "bad request", RequestID: "r"}, "",
		}, {
			"one object for a list", 400, `{"errors":{"code":"c","message":"m"}}`, Error{Code: "c", Message: "m", Details: []Detail{{"c", "", "m"}}}, "",
		}, {
			"texts for a list", 400, `{"errors":["first","second"]}`,
			Error{Message: "first", Details: []Detail{{Message: "first"}, {Message: "second"}}}, "",
		}, {
			"numbers and objects for texts", 400, `{"request_id":17,"errors":[{"code":1234,"message":{"subject":["is bad"]},"field":false}]}`,
			Error{Code: "1234", Field: "false", Message: `{"subject":["is bad"]}`, RequestID: "17",
				Details: []Detail{{"1234", "false", `{"subject":["is bad"]}`}}}, "",
		}, {
			"null for a list", 400, `{"message":"m","errors":null}`, Error{Message: "m"}, "",
		}, {
			"a list", 400, `[1,2]`, Error{Message: "[1,2]"}, "",
		}, {
			"HTML", 502, "<!DOCTYPE html>\n<html><head><TITLE>502 Bad\n Gateway &amp; more</TITLE></head>", Error{Class: Unknown, Message: "502 Bad Gateway & more"}, "",
		}, {
			"HTML without a title", 500, "<p>sorry", Error{Class: Unknown, Message: "an HTML page"}, "",
		}, {
			"text", 400, "  nope,\r\n\tnot\x00 this \x1b[31mway\u202e ", Error{Message: "nope, not this [31mway"}, "",
		}, {
			"not UTF-8", 400, "caf\xe9 \xff", Error{Message: "caf"}, "",
		}, {
			"empty", 404, "", Error{Message: "not found"}, "create message: 404 not found",
		}, {
			"status without a name", 499, "", Error{Message: "status 499"}, "",
		}, {
			"long", 400, `{"message":"` + long + `"}`, Error{Message: strings.Repeat("ü", 248) + "…"}, "",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			ans := answer{status: tt.status, header: http.Header{}, body: []byte(tt.body)}
			got := ans.refusal("create message", newTidier(testToken))
			tt.want.Op, tt.want.Status = "create message", tt.status
			if tt.status < 500 && tt.want.Class == Unknown {
				tt.want.Class = Refused
			}
			if diff := cmp.Diff(&tt.want, got); diff != "" {
				t.Error(diff)
			}
			if tt.text != "" && got.Error() != tt.text {
				t.Errorf("reads %q, want %q", got, tt.text)
			}
		})
	}
}

func TestDescribe(t *testing.T) {
	tests := []struct {
		cause error
		want  string
	}{
		{timeoutError{time.Minute}, "no answer within 1m0s"},
		{fmt.Errorf("read: %w", timeoutError{time.Minute}), "no answer within 1m0s"},
		{context.Canceled, "cancelled before an answer came"},
		{context.DeadlineExceeded, "out of time before an answer came"},
		{io.EOF, "connection closed before an answer came"},
		{io.ErrUnexpectedEOF, "connection closed before an answer came"},
		{fmt.Errorf("wait for the window: %w", context.Canceled), "wait for the window: cancelled"},
		{&net.OpError{Op: "dial", Net: "tcp", Err: os.ErrDeadlineExceeded}, "dial tcp: i/o timeout"},
		{errors.New("net/http: HTTP/1.x transport connection broken: unexpected EOF"), "connection broken: connection closed"},
		{errors.New("http: server closed idle connection"), "server closed idle connection"},
	}
	for _, tt := range tests {
		if got := describe(tt.cause); got != tt.want {
			t.Errorf("%v: %q, want %q", tt.cause, got, tt.want)
		}
	}
}

func TestErrorsThatMayPass(t *testing.T) {
	tests := []struct {
		e                       Error
		mayAppear, unsubscribed bool
	}{
		{Error{Class: Refused, Status: 404, Code: CodeNotFound}, true, false},
		{Error{Class: Refused, Status: 404}, false, false},
		{Error{Class: Hopeless, Status: 404, Code: CodeAdminNotFound}, false, false},
		{Error{Class: Refused, Status: 403, Message: "This user is Unsubscribed from emails"}, false, true},
		{Error{Class: Hopeless, Status: 403, Message: "unsubscribed"}, false, false},
		{Error{Class: Refused, Status: 422, Message: "unsubscribed"}, false, false},
	}
	for _, tt := range tests {
		if tt.e.MayAppear() != tt.mayAppear || tt.e.Unsubscribed() != tt.unsubscribed {
			t.Errorf("%+v: may appear %t, unsubscribed %t", tt.e, tt.e.MayAppear(), tt.e.Unsubscribed())
		}
	}
}

// TestTokenNeverAppears lets a server send the token back everywhere it can.
func TestTokenNeverAppears(t *testing.T) {
	const bearer = "Bearer " + testToken
	tests := map[string]http.HandlerFunc{
		"in an error.list": func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(401)
			io.WriteString(w, `{"request_id":"`+testToken+`","errors":[{"code":"`+testToken+`","field":"`+testToken+`","message":"no `+bearer+`"}]}`)
		},
		"broken up by invisible characters": func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(400)
			io.WriteString(w, testToken[:9]+"\u200b\u202e"+testToken[9:])
		},
		"at the cut": func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(400)
			io.WriteString(w, strings.Repeat("x ", maxMessage/2-len(testToken)/4)+testToken)
		},
		"in a page": func(w http.ResponseWriter, r *http.Request) {
			io.WriteString(w, "<html><title>"+bearer+"</title>")
		},
		"in headers": func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Location", "https://"+testToken+"/")
			w.Header().Set("X-Request-Id", testToken)
			w.Header().Set("Content-Type", testToken)
			w.WriteHeader(301)
		},
		"in what is not HTTP": func(w http.ResponseWriter, r *http.Request) {
			c, _, err := http.NewResponseController(w).Hijack()
			if err == nil {
				io.WriteString(c, "HTTP/1.1 200 OK\r\nAuthorization "+bearer+"\r\n\r\n")
				c.Close()
			}
		},
		"for a status": func(w http.ResponseWriter, r *http.Request) {
			c, _, err := http.NewResponseController(w).Hijack()
			if err == nil {
				io.WriteString(c, testToken+" "+testToken+"\r\n\r\n")
				c.Close()
			}
		},
	}
	for name, handler := range tests {
		t.Run(name, func(t *testing.T) {
			server := httptest.NewServer(handler)
			defer server.Close()
			c := newClient(t, Options{BaseURL: server.URL})
			_, err := c.CreateMessage(t.Context(), email())
			_, meErr := c.Me(t.Context())
			for err := range chain(errors.Join(err, meErr)) {
				asJSON, _ := json.Marshal(err)
				if shows(err.Error()) || shows(string(asJSON)) {
					t.Errorf("the token shows: %s, %s", err, asJSON)
				}
			}
		})
	}
}

// chain yields an error and all that it wraps.
func chain(err error) func(func(error) bool) {
	var walk func(error, func(error) bool) bool
	walk = func(err error, yield func(error) bool) bool {
		if err == nil {
			return true
		}
		if !yield(err) {
			return false
		}
		switch e := err.(type) {
		case interface{ Unwrap() error }:
			return walk(e.Unwrap(), yield)
		case interface{ Unwrap() []error }:
			for _, one := range e.Unwrap() {
				if !walk(one, yield) {
					return false
				}
			}
		}
		return true
	}
	return func(yield func(error) bool) { walk(err, yield) }
}

func TestReceiptOfOddAnswers(t *testing.T) {
	at := time.Unix(1734537786, 0).UTC()
	tests := []struct {
		name, body string
		want       Receipt
	}{
		{"ids as numbers", `{"id":19,"conversation_id":613,"created_at":1734537786}`, Receipt{ID: "19", ConversationID: "613", CreatedAt: at}},
		{"id beyond float64", `{"id":9007199254740993}`, Receipt{ID: "9007199254740993"}},
		{"time as a string", `{"created_at":"1734537786"}`, Receipt{CreatedAt: at}},
		{"time as a date-time", `{"created_at":"2024-12-18T17:03:06.5+01:00"}`, Receipt{CreatedAt: at.Add(time.Second / 2)}},
		{"time with a fraction", `{"created_at":1734537786.9}`, Receipt{CreatedAt: at}},
		{"time absurd", `{"created_at":1e300,"id":"1"}`, Receipt{ID: "1"}},
		{"time not one", `{"created_at":"soon","id":"1"}`, Receipt{ID: "1"}},
		{"time an object", `{"created_at":{},"id":"1"}`, Receipt{ID: "1"}},
		{"nulls", `{"type":null,"id":null,"created_at":null,"subject":null,"body":null,"message_type":null,"conversation_id":null}`, Receipt{}},
		{"body of another type", `{"body":["x"],"id":"19","subject":{}}`, Receipt{ID: "19"}},
		{"id with a line break", `{"id":"1\n9"}`, Receipt{ID: "1 9"}},
		{"escapes", `{"id":"\u0031\"9","body":"\\","message_type":"\u0065mail"}`, Receipt{ID: `1"9`, MessageType: "email"}},
		{"members of members", `{"body":{"id":"7","x":["}",{}]},"id":"19"}`, Receipt{ID: "19"}},
		{"the last one counts", `{"id":"7", "id" : "19" }`, Receipt{ID: "19"}},
		{"cut short", `{"id":"19","body":"<p>`, Receipt{}},
		{"something behind it", `{"id":"19"}]`, Receipt{}},
		{"a name alone", `{"id":"19","x"}`, Receipt{}},
		{"no text", `{"id":nul}`, Receipt{}},
		{"nothing in it", ` {} `, Receipt{}},
		{"not an object", `[]`, Receipt{}},
		{"not JSON", `OK`, Receipt{}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			ans := answer{status: 200, header: http.Header{}, body: []byte(tt.body)}
			tt.want.Status = 200
			if diff := cmp.Diff(tt.want, ans.receipt(newTidier(testToken))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// FuzzAnswer: whatever a server says, there is an error with a clean message,
// and a receipt with clean names.
func FuzzAnswer(f *testing.F) {
	f.Add(422, []byte(errorList("parameter_not_found", "No subject")))
	f.Add(403, []byte(`{"errors":[{"code":"a"},{"code":"token_x"},null,1,"x",[]]}`))
	f.Add(500, []byte("<html><title>x</title>"))
	f.Add(502, []byte("<TITLE>\u0130"))
	f.Add(200, []byte(created))
	f.Add(404, []byte(`{"errors":{"message":`))
	f.Add(400, []byte(testToken+"\xff\u202e"))
	f.Add(400, []byte(`"\ud800`+testToken+`"`))
	tidy := newTidier(testToken)
	f.Fuzz(func(t *testing.T, status int, body []byte) {
		ans := answer{status: status, header: http.Header{}, body: body}
		e := ans.refusal("create message", tidy)
		if e.Message == "" || len(e.Message) > maxMessage || e.Class == Sent || e.Class == NotSent {
			t.Errorf("message %q, class %v", e.Message, e.Class)
		}
		r := ans.receipt(tidy)
		texts := []string{e.Error(), e.Code, e.Field, e.Message, e.RequestID, r.ID, r.Type, r.ConversationID, r.MessageType}
		for _, d := range e.Details {
			texts = append(texts, d.Code, d.Field, d.Message)
		}
		for _, s := range texts {
			if strings.ContainsFunc(s, unicode.IsControl) || !utf8.ValidString(s) || strings.Contains(s, testToken) {
				t.Errorf("unclean: %q", s)
			}
		}
		if len(e.Details) > maxDetails || r.CreatedAt.Year() > 9999 {
			t.Errorf("%d details, created %v", len(e.Details), r.CreatedAt)
		}
	})
}

// FuzzMembers: of any JSON, members are those that encoding/json finds.
func FuzzMembers(f *testing.F) {
	for _, b := range []string{created, `{}`, ` {"a" : [1,{"b":"]}\\"}] , "c":"\"" }`, `{"a":1e5,"a":null,"":true}`, `[{"a":1}]`, `{"a":"` + "\xff" + `"}`} {
		f.Add([]byte(b))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		got := map[string]json.RawMessage{}
		whole := members(body, func(name, value []byte) { got[string(name)] = value })
		if !json.Valid(body) || bytes.Contains(body, []byte("\\u")) || !utf8.Valid(body) {
			return // it need not judge, and leaves names as they are
		}
		var want map[string]json.RawMessage
		if err := json.Unmarshal(body, &want); (err == nil && want != nil) != whole {
			t.Fatalf("whole is %v, %v", whole, err)
		}
		for name, value := range want {
			if quoted, _ := json.Marshal(name); string(quoted) == `"`+name+`"` && string(got[name]) != string(value) {
				t.Errorf("%q is %s, not %s", name, got[name], value)
			}
		}
	})
}
