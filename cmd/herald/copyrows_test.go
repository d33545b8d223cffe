package main

import (
	"bufio"
	"strings"
	"testing"
)

// What herald adds is no formula, and nothing else is touched.
func TestDefuse(t *testing.T) {
	for text, want := range map[string]string{
		"": "", "not_found: gone": "not_found: gone", "a=b": "a=b", "'=": "'=",
		"=1+1": "'=1+1", "+1": "'+1", "-1": "'-1", "@sum": "'@sum", "\t=1": "'\t=1", "\r=1": "'\r=1",
	} {
		if got := defuse(text); got != want {
			t.Errorf("%q becomes %q, want %q", text, got, want)
		}
	}
}

func TestRowCopier(t *testing.T) {
	for name, tt := range map[string]struct {
		copier rowCopier
		raw    string
		want   string
	}{
		"quotes, line ends":  {rowCopier{columns: heraldColumns, layout: layout{header: []byte("a;b\r\n"), delimiter: ";"}}, "\"x\";=1\r\n", "a;b;herald_key;herald_line;herald_status;herald_why\r\n\"x\";=1;k;2;failed;\"a \"\"b\"\"; c\"\r\n"},
		"mark":               {rowCopier{columns: heraldColumns, layout: layout{header: []byte("a\n"), delimiter: ","}, marked: true}, "x", utf8Mark + "a,herald_key,herald_line,herald_status,herald_why\nx,k,2,failed,\"a \"\"b\"\"; c\"\n"},
		"JSON":               {rowCopier{columns: heraldColumns, layout: layout{json: true}}, "{\"a\":1.50 }\n", "{\"a\":1.50 ,\"herald_key\":\"k\",\"herald_line\":\"2\",\"herald_status\":\"failed\",\"herald_why\":\"a \\\"b\\\"; c\"}\n"},
		"JSON with its mark": {rowCopier{columns: heraldColumns, layout: layout{json: true}, marked: true}, "{\"a\":1}", utf8Mark + "{\"a\":1,\"herald_key\":\"k\",\"herald_line\":\"2\",\"herald_status\":\"failed\",\"herald_why\":\"a \\\"b\\\"; c\"}\n"},
	} {
		var got strings.Builder
		tt.copier.w = bufio.NewWriter(&got)
		if err := tt.copier.write([]byte(tt.raw), []string{"k", "2", "failed", `a "b"; c`}); err != nil {
			t.Fatal(err)
		}
		if err := tt.copier.flush(); err != nil {
			t.Fatal(err)
		}
		if got.String() != tt.want {
			t.Errorf("%s:\ngot  %q\nwant %q", name, got.String(), tt.want)
		}
	}
}
