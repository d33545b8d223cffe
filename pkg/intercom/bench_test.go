package intercom

import (
	"net/http/httptest"
	"strings"
	"testing"
)

func benchmarkMessage() *Message {
	m := email()
	m.Body = strings.Repeat("<p>Hello, how are you?</p>\n", 22) // about 600 bytes
	return m
}

func BenchmarkAppendJSON(b *testing.B) {
	m := benchmarkMessage()
	var buf []byte
	b.ReportAllocs()
	for b.Loop() {
		buf = m.AppendJSON(buf[:0])
	}
	b.SetBytes(int64(len(buf)))
}

func BenchmarkReceipt(b *testing.B) {
	body := []byte(`{"type":"admin_message","id":"19","created_at":1734537786,"body":"` + strings.Repeat(`<p>Hello</p>\n`, 44) + `"}`)
	ans, tidy := answer{status: 200, body: body}, newTidier(testToken)
	b.ReportAllocs()
	for b.Loop() {
		ans.receipt(tidy)
	}
}

// BenchmarkCreateMessage counts the allocations of the server in this process
// too.
func BenchmarkCreateMessage(b *testing.B) {
	server := httptest.NewServer(answering(created))
	defer server.Close()
	c := newClient(b, Options{BaseURL: server.URL})
	b.ReportAllocs()
	b.RunParallel(func(p *testing.PB) {
		m := benchmarkMessage()
		for p.Next() {
			if _, err := c.CreateMessage(b.Context(), m); err != nil {
				b.Error(err)
			}
		}
	})
}
