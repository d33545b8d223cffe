package lint

import (
	"net/url"
	"strings"
	"testing"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
)

func TestMojibake(t *testing.T) {
	for text, want := range map[string]string{ // what is found; empty: nothing
		"": "", "Anna": "", "Müller": "", "Zoë": "", "SÃO": "", "AMANHÃ": "", "“AMANHÃ”": "", "„Ä“ und „Ö“": "",
		"CAFÉ–BAR": "", "ESPAÑA": "", "Ñico": "", "Łukasik": "", "Nguyễn": "", "中文": "", "Привет": "", "😀": "",
		"à la mode": "", "50 €": "", "5° C": "", "l’été": "", "«Â»": "Â»",
		"MÃ¼ller": "Ã¼", "JosÃ©": "Ã©", "itâ€™s": "â€™", "â€œquoted": "â€œ", "Ã–sterreich": "Ã–", "SÃ£o": "Ã£",
		"Ðœ": "", "ÐŸÑ€Ð¸": "ÐŸÑ€", "ä¸\u00adæ–‡": "ä¸\u00ad", "ðŸ˜€": "ðŸ˜", "KrakÃ³w": "Ã³", "Å\u0082ukasik": "Å\u0082",
		"Bj\uFFFDrn": "\uFFFD",
	} {
		start, end := mojibake(text)
		if got := text[max(start, 0):max(end, 0)]; got != want {
			t.Errorf("%q: found %q, want %q", text, got, want)
		}
	}
}

// TestMisreadNamesAreFound misreads names as programs do.
func TestMisreadNamesAreFound(t *testing.T) {
	for _, name := range []string{"Jürgen", "Núria", "Siobhán", "Đorđe", "François", "Łukasz", "Åse", "Übermut", "it’s", "naïve", "São Paulo", "Reykjavík", "Ελένη", "Ольга", "田中", "🎉"} {
		if _, end := mojibake(name); end >= 0 {
			t.Errorf("%q is taken for mojibake", name)
		}
		misread, err := charmap.Windows1252.NewDecoder().String(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, end := mojibake(misread); end < 0 {
			t.Errorf("%q, which is %q misread, is not found", misread, name)
		}
	}
}

func TestAddresses(t *testing.T) {
	for address, want := range map[string]bool{
		"anna@example.com": true, "a.b+c@sub.example.co.uk": true, "o'neill@example.ie": true, "anna@münchen.de": true, "jürgen@example.com": true,
		"a@xn--mnchen-3ya.xn--p1ai": true, "ANNA@EXAMPLE.COM": true,
		"": false, "anna": false, "@example.com": false, "anna@": false, "anna@example": false, "anna@@example.com": false, "anna@example..com": false,
		"anna@.example.com": false, "anna@example.com.": false, "an na@example.com": false, "anna@exam ple.com": false, "anna@example.com, otto@example.com": false,
		".anna@example.com": false, "anna.@example.com": false, "a..b@example.com": false, "<anna@example.com>": false, "mailto:anna@example.com": false,
		"anna@example.c": false, "anna@10.0.0.1": false, "anna@-example.com": false, strings.Repeat("a", 65) + "@example.com": false,
	} {
		if got := isAddress(address); got != want {
			t.Errorf("%q: %v, want %v", address, got, want)
		}
	}
}

func TestLinks(t *testing.T) {
	for text, want := range map[string]string{ // the first link, what kind; empty: none
		"": "", "no link": "", "a://b": "", "https://example.com": "https://example.com ",
		"see https://example.com/a.": "https://example.com/a ", "(https://example.com/a)": "https://example.com/a ",
		"https://example.com/(a)": "https://example.com/(a) ", "HTTP://example.com": "HTTP://example.com insecure_link",
		"http://example.com/x?y=1#z": "http://example.com/x?y=1#z insecure_link", "https://": "https:// bad_link",
		"https:///x": "https:///x bad_link", "https://a b.com": "https://a bad_link", "https://localhost/x": "https://localhost/x bad_link",
		"https://127.0.0.1:80/": "https://127.0.0.1:80/ bad_link", "https://box.local": "https://box.local bad_link",
		"https://example.com:80a/": "https://example.com:80a/ bad_link", "https://exa_mple.com/": "https://exa_mple.com/ ",
		"https://example.com/100%": "https://example.com/100% bad_link", "https://example.com/%zz": "https://example.com/%zz bad_link",
		"https://example..com/": "https://example..com/ bad_link", "https://münchen.de/ä": "https://münchen.de/ä ",
		"https://example.com/a|b": "https://example.com/a|b bad_link", "ftp://x https://example.com": "https://example.com ",
		"https://a@b.com/": "https://a@b.com/ bad_link",
	} {
		got := ""
		if start, end := nextLink(text, 0); start >= 0 {
			k, _ := judgeLink(text[start:end])
			got = text[start:end] + " " + string(k)
		}
		if got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

func TestPlaceholders(t *testing.T) {
	for text, want := range map[string]string{
		"": "", "Anna": "", "100% off": "", "50%, or 60% OFF": "", "[beta]": "", "[1]": "", "{braces}": "", "{{}}": "", "{{ }}": "", "*stars*": "",
		"%D8%A7%D9": "", "$5": "", "a [[b": "", "% OFF %": "",
		"Hi {{name}}": "{{name}}", "{{ first name }}!": "{{ first name }}", "[[company]]": "[[company]]", "*|FNAME|*": "*|FNAME|*",
		"%FIRST_NAME%": "%FIRST_NAME%", "${name}": "${name}", "[First Name]": "[First Name]", "[YOUR_NAME]": "[YOUR_NAME]",
		`{{contact.name | fallback:"x"}}`: `{{contact.name | fallback:"x"}}`,
	} {
		start, end := placeholder(text)
		if got := text[max(start, 0):max(end, 0)]; got != want {
			t.Errorf("%q: found %q, want %q", text, got, want)
		}
	}
	for text, want := range map[string]bool{
		"": false, "TODO": true, "TODO: text": true, "[TODO]": true, "TODO INCLUIDO": false, "METODO": false, "todo": false, "FIXME later": true,
		"Lorem ipsum dolor": true, "xx LOREM IPSUM": true, "lorem": false,
	} {
		if start, _ := filler(text); start >= 0 != want {
			t.Errorf("filler %q: %v, want %v", text, !want, want)
		}
	}
}

func TestNumbers(t *testing.T) {
	for text, want := range map[string]string{
		"6.76E+22": "notation", "6,76E+22": "notation", "6E+09": "notation", "-1.5e+10": "notation", "12.0": "float", "12,00": "float",
		"6.76": "", "E+22": "", "6.76E22": "", "12E+3": "", "6329f3a1e+1": "", "1.2.3E+4": "", "5e+": "", "": "", "12.5": "", "#REF!": "error", "#NV": "error", "####": "", "#####": "error",
		"Err:502": "error", "#1": "", "#team": "",
	} {
		got := ""
		switch {
		case isNumberNotation(text):
			got = "notation"
		case isFloat(text):
			got = "float"
		case isSpreadsheetError(text):
			got = "error"
		}
		if got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

func TestShouting(t *testing.T) {
	for text, want := range map[string]bool{
		"": false, "LAST CHANCE TO SAVE": true, "LETZTE GRÜSSE AUS MÜNCHEN": true, "NASA": false, "NASA and ESA are up": false, "ПОСЛЕДНИЙ ШАНС": true, "LAST CHANCE": true, "Hi ANNA, it's here": false,
	} {
		if isShouting(text) != want {
			t.Errorf("%q: %v, want %v", text, !want, want)
		}
	}
}

// FuzzValue: no detector panics on any text, and whatever it finds is in it.
func FuzzValue(f *testing.F) {
	for _, s := range []string{"MÃ¼ller", "â€", "ðŸ", "{{a}}", "%A", "https://x", "[[", "\u202e", "a@b.c", "1E+", "TODO", "#REF!", "Lorem ipsum", "\xc3", "http://http://"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for name, find := range map[string]func(string) (int, int){
			"mojibake": mojibake, "placeholder": placeholder, "filler": filler, "bidi": bidi,
			"control": func(s string) (int, int) { return control(s, true) },
			"link":    func(s string) (int, int) { return nextLink(s, 0) },
		} {
			if start, end := find(s); start >= 0 && (end <= start || end > len(s)) {
				t.Errorf("%s of %q: from %d to %d", name, s, start, end)
			}
		}
		for _, judge := range []func(string) bool{isAddress, isNumberNotation, isFloat, isSpreadsheetError, isNullText, isShouting} {
			if judge(s) && s == "" {
				t.Error("nothing is taken for something")
			}
		}
		if hasText(s, true) && strings.TrimSpace(s) == "" {
			t.Errorf("%q has something to read", s)
		}
	})
}

// FuzzLink: a link that is judged sound can be parsed, and has a host.
func FuzzLink(f *testing.F) {
	f.Add("https://example.com/a?b=c#d")
	f.Add("http://[::1]/")
	f.Add("https://example.com:99999/%20")
	f.Fuzz(func(t *testing.T, s string) {
		start, end := nextLink(s, 0)
		if start < 0 || !utf8.ValidString(s) {
			return
		}
		if k, _ := judgeLink(s[start:end]); k == BadLink {
			return
		}
		if u, err := url.Parse(s[start:end]); err != nil || u.Hostname() == "" {
			t.Errorf("%q: %v %v", s[start:end], u, err)
		}
	})
}

// FuzzMisread: a text of Latin letters that was misread is found, and the text
// itself is not.
func FuzzMisread(f *testing.F) {
	f.Add("Jürgen")
	f.Add("ÀÿÃ")
	f.Fuzz(func(t *testing.T, s string) {
		letters := false
		for _, r := range s {
			if r > 0xFF || r >= 0x80 && r < 0xC0 || r < ' ' {
				return
			}
			letters = letters || r >= 0xC0
		}
		if !letters || !utf8.ValidString(s) {
			return
		}
		if _, end := mojibake(s); end >= 0 {
			t.Errorf("%q is taken for mojibake", s)
		}
	})
}
