package campaign

import "testing"

// Markdown must not see the actions, nor break them.
func TestMarkdown(t *testing.T) {
	for _, tt := range []struct{ in, want string }{
		{"Hi **{{.a}}**", "<p>Hi <strong>{{.a}}</strong></p>\n"},
		{"*{{.a}}* _{{.a_b}}_ ~~{{.a}}~~", "<p><em>{{.a}}</em> <em>{{.a_b}}</em> <del>{{.a}}</del></p>\n"},
		{`{{.a | default "*x* <y> & [z](w)"}}`, "<p>{{.a | default \"*x* <y> & [z](w)\"}}</p>\n"},
		{`[x]({{.link}} "{{.t}}") ![i]({{.i}})`, `<p><a href="{{.link}}" title="{{.t}}">x</a> <img src="{{.i}}" alt="i"></p>` + "\n"},
		{"[x](https://e.example/{{.a}}?q={{.b | urlquery}})", `<p><a href="https://e.example/{{.a}}?q={{.b | urlquery}}">x</a></p>` + "\n"},
		{"[x][r]\n\n[r]: {{.link}}", "<p><a href=\"{{.link}}\">x</a></p>\n"},
		{"see https://e.example/{{.a}} now", `<p>see <a href="https://e.example/{{.a}}">https://e.example/{{.a}}</a> now</p>` + "\n"},
		{"`{{.a}}`\n\n    {{.b}}\n", "<p><code>{{.a}}</code></p>\n<pre><code>{{.b}}\n</code></pre>\n"},
		{"```\n{{if .a}}\nx < y\n{{end}}\n```", "<pre><code>{{if .a}}\nx &lt; y\n{{end}}\n</code></pre>\n"},
		{"{{if .a}}\nHi\n{{end}}", "{{if .a}}\n<p>Hi</p>\n{{end}}"},
		{"Hi {{if .a}}you{{end}}", "<p>Hi {{if .a}}you{{end}}</p>\n"},
		{"{{range .l}}\n- {{.}}\n{{end}}\nend", "{{range .l}}\n<ul>\n<li>{{.}}</li>\n</ul>\n{{end}}\n<p>end</p>\n"},
		{"{{template \"footer\" .}}", "{{template \"footer\" .}}"},
		{"| a | b |\n|---|---|\n| {{.a}} | {{.b}} |", "<table>\n<thead>\n<tr>\n<th>a</th>\n<th>b</th>\n</tr>\n</thead>\n<tbody>\n<tr>\n<td>{{.a}}</td>\n<td>{{.b}}</td>\n</tr>\n</tbody>\n</table>\n"},
		{"<b class=\"{{.a}}\">x</b>", "<p><b class=\"{{.a}}\">x</b></p>\n"},
		{"{{/* a }} b */}}{{`}}`}}{{\"}}\\\"\"}}", "<p>{{/* a }} b */}}{{`}}`}}{{\"}}\\\"\"}}</p>\n"},
		{"heraldactionx0z {{.a}}", "<p>heraldactionx0z {{.a}}</p>\n"},
	} {
		if got, _ := renderMarkdown(tt.in); got != tt.want {
			t.Errorf("%q:\n got %q\nwant %q", tt.in, got, tt.want)
		}
	}
}
