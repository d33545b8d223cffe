package campaign

import (
	"strings"
	"testing"

	"github.com/herald-campaigns/herald/pkg/source"
)

// filler makes a body of about 600 bytes of a text with five fields.
var filler = strings.Repeat("This is what a campaign says to everyone. ", 11)

// The bodies of issue 7's measurements: 600 bytes, five fields.
var benchBodies = []struct{ name, file, body string }{
	{"text", "b.txt", "Hi {{.first_name}} {{.last_name}},\n" + filler + "{{.city}} {{.plan}} {{.company}}"},
	{"text-executed", "b.txt", "Hi {{.first_name}} {{upper .last_name}},\n" + filler + "{{.city}} {{.plan}} {{.company}}"},
	{"html", "b.html", "<p>Hi {{.first_name}} {{.last_name | default \"there\"}},</p>" + filler + "<a href=\"{{.vars.link}}\">{{.city}}</a> {{.plan}} {{.company}}"},
	{"html-executed", "b.html", "<p>Hi {{.first_name}} {{.last_name}},</p>" + filler + "<a href=\"https://example.com/?c={{.city}}\">{{.plan}}</a> {{.company}}"},
}

func benchRow(t testing.TB) *source.Recipient {
	h := header(t, "id", "first_name", "last_name", "city", "plan", "company")
	return source.NewRecipient(h, 2, []string{"6762f2341bb69f9f2193bc17", "Anna", "O'Neill", "München", "Pro", "Acme & Sons"})
}

func BenchmarkRender(b *testing.B) {
	for _, bb := range benchBodies {
		b.Run(bb.name, func(b *testing.B) {
			row := benchRow(b)
			r := compile(b, load(b, withFile(bb.file, bb.body), nil), row.Header())
			b.ReportAllocs()
			for b.Loop() {
				if _, err := r.Render(row); err != nil {
					b.Fatal(err)
				}
				if _, err := r.Key(row); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "rows/s")
		})
	}
}
