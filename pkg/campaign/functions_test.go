package campaign

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
)

func TestFunctions(t *testing.T) {
	object := map[string]any{
		"name": "ANNA müller-LÜDENSCHEIDT McDonald o'neill", "blank": " \t", "long": "Grüße aus München", "n": json.Number("1234567.5"),
		"neg": "-0.004", "one": "1.0", "two": json.Number("2"), "day": "2026-03-29", "at": "2026-03-29T01:30:00Z", "unix": json.Number("1774747800"),
		"local": "2026-07-01 12:00", "list": []any{"a", "b", "c"}, "none": []any{}, "obj": map[string]any{},
	}
	for action, want := range map[string]string{
		`upper .long`:                     "GRÜßE AUS MÜNCHEN",
		`.long | lower`:                   "grüße aus münchen",
		`title .name`:                     "Anna Müller-Lüdenscheidt McDonald O'neill",
		`trim .blank`:                     "",
		`truncate 6 .long`:                "Grüße…",
		`truncate 17 .long`:               "Grüße aus München",
		`truncate 1 .long`:                "…",
		`default "x" .blank`:              "x",
		`.none | default "x"`:             "x",
		`.obj | default "x"`:              "x",
		`.two | default "x"`:              "2",
		`number .n`:                       "1,234,567.5",
		`number 2 .n`:                     "1,234,567.50",
		`number 0 .n`:                     "1,234,568",
		`number 2 "de" .n`:                "1.234.567,50",
		`number "fr" .n`:                  "1\u202f234\u202f567,5",
		`number 2 .neg`:                   "0.00",
		`number 3 .neg`:                   "-0.004",
		`money "EUR" .n`:                  "€1,234,567.50",
		`money "EUR" "de" .n`:             "1.234.567,50\u00a0€",
		`money "JPY" .n`:                  "¥1,234,568",
		`money "SEK" 7`:                   "SEK\u00a07.00",
		`money "USD" "-3.5"`:              "-$3.50",
		`plural "day" "days" .one`:        "day",
		`plural "day" "days" .two`:        "days",
		`plural "day" "days" .list`:       "days",
		`date "long" .day`:                "29 March 2026",
		`date "iso" "Europe/Berlin" .day`: "2026-03-29",
		`date "2006-01-02 15:04 MST" "America/New_York" .at`: "2026-03-28 21:30 EDT",
		`date "15:04" .at`:                            "01:30",
		`date "time" "Europe/Berlin" .at`:             "03:30", // the hour that daylight saving leaves out
		`date "us" .unix`:                             "March 29, 2026",
		`date "Monday 15:04 MST" "Asia/Tokyo" .local`: "Wednesday 12:00 JST",
		`join ", " .list`:                             "a, b, c",
		`join ", " " and " .list`:                     "a, b and c",
		`join ", " .none`:                             "",
		`join ", " .two`:                              "2",
		`eq .two 2`:                                   "true",
		`eq .one 1`:                                   "true",
		`eq "10" "9" "10.0"`:                          "true",
		`ne .long "x"`:                                "true",
		`lt "9" "10"`:                                 "true",
		`lt "9" "10a"`:                                "false",
		`ge .two 2`:                                   "true",
		`le "b" "a"`:                                  "false",
		`gt 3 2`:                                      "true",
	} {
		got, err := renderJSON(t, withFile("b.txt", "x{{"+action+"}}"), object)
		if err != nil || got != "x"+want {
			t.Errorf("%s: %q, %v; want %q", action, got, err, want)
		}
	}
}

func TestFunctionErrors(t *testing.T) {
	for action, want := range map[string]string{
		`number "1,5"`:                    `number: "1,5" is no number such as 1234.5`,
		`number "1e9"`:                    `number: "1e9" is no number such as 1234.5`,
		`number "xx" 1`:                   `number: no rules for the language "xx"`,
		`number 21 1`:                     "number: 20 decimals at most",
		`money "euro" 1`:                  `money: "euro" is no currency code such as EUR`,
		`money "EUR" "xx" 1`:              `money: no rules for the language "xx"`,
		`money "EUR" ""`:                  `money: "" is no number such as 1234.5`,
		`plural "a" "b" "c"`:              `plural: "c" is no number`,
		`date "YYYY-MM-DD" "2026-11-22"`:  `date: the layout "YYYY-MM-DD" shows no date: write it as for 2 January 2006, 15:04`,
		`date "iso" "22.11.2026"`:         `date: "22.11.2026" is no date such as 2026-11-22 or 2026-11-22T09:30:00Z`,
		`date "iso" "Local" "2026-11-22"`: `date: there is no time zone "Local"; zones are named as in Europe/Berlin`,
		`join ", " 1 .list`:               "join: the last separator must be text",
		`upper .list`:                     "upper: a list or an object is no text",
		`gt .list 1`:                      "comparison: a list or an object is no text",
		`truncate 0 "x"`:                  "truncate: the length must be 1 or more",
	} {
		_, err := renderJSON(t, withFile("b.txt", "{{"+action+"}}"), map[string]any{"list": []any{"a"}})
		if err == nil || !strings.HasSuffix(err.Error(), "message.body: "+want) {
			t.Errorf("%s: %v, want %s", action, err, want)
		}
	}
}

// The package comment's table has each function, so that nothing is secret.
func TestEveryFunctionIsDocumented(t *testing.T) {
	doc, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(doc), "# Functions")
	words := strings.FieldsFunc(table, func(r rune) bool { return r < 'a' || r > 'z' })
	for _, f := range functions() {
		found := false
		for _, w := range words {
			found = found || w == f.name
		}
		if !found {
			t.Errorf("%s is not in the package comment", f.name)
		}
	}
}
