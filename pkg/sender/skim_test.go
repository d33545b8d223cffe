package sender

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"hash/fnv"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/herald-campaigns/herald/pkg/intercom"
	"github.com/herald-campaigns/herald/pkg/ledger"
	"github.com/herald-campaigns/herald/pkg/report"
	"github.com/herald-campaigns/herald/pkg/source"
)

// A skimStep is one thing that happens to a campaign or to its list.
type skimStep struct {
	What   string
	At     int
	Choice int
}

var skimWhats = []string{"run", "run", "run", "stop", "kill", "retry", "append", "insert", "delete", "change", "cut", "torn", "restore", "settle", "forget"}

var anySkimStep = rapid.Custom(func(t *rapid.T) skimStep {
	return skimStep{rapid.SampledFrom(skimWhats).Draw(t, "what"), rapid.IntRange(0, 60).Draw(t, "at"), rapid.IntRange(0, 200).Draw(t, "choice")}
})

// TestSkimmedRunsAreLikeAnyOther goes through histories of a campaign: runs that
// end, are stopped or killed, and lists that people edit, cut, lengthen and take
// back. Each whole run is made twice, from the same ledger: once with what is known
// of the source, once looking at each row. Both write to the same people, skip the
// same rows and count the same.
func TestSkimmedRunsAreLikeAnyOther(t *testing.T) {
	checks := "100"
	if os.Getenv("HERALD_TORTURE") != "" {
		checks = "5000"
	}
	before := flag.Lookup("rapid.checks").Value.String()
	t.Cleanup(func() { _ = flag.Set("rapid.checks", before) })
	if err := flag.Set("rapid.checks", checks); err != nil {
		t.Fatal(err)
	}
	skimmed := 0
	rapid.Check(t, func(rt *rapid.T) {
		steps := rapid.SliceOfN(anySkimStep, 2, 14).Draw(rt, "steps")
		rows := rapid.SliceOfN(rapid.IntRange(0, 200), 5, 60).Draw(rt, "rows")
		seed := rapid.Uint64().Draw(rt, "seed")
		var err error
		synctest.Test(t, func(t *testing.T) {
			w := newSkimWorld(t, seed, rows)
			err = w.live(steps)
			skimmed += w.skimmed
		})
		if err != nil {
			rt.Fatal(err)
		}
	})
	if skimmed == 0 {
		t.Error("no row was ever passed over")
	}
}

type skimWorld struct {
	dir      string
	path     string // of the ledger; a killed one's copy has another
	made     int    // ledgers
	seed     uint64
	versions [][]string // of the list: its rows as they stand there
	posts    map[string]int
	byHand   map[string]int // how often a person said that a key was not written to
	arrived  map[string]int
	skimmed  int // rows that were passed over
}

func newSkimWorld(t *testing.T, seed uint64, rows []int) *skimWorld {
	w := &skimWorld{dir: t.TempDir(), seed: seed, posts: map[string]int{}, byHand: map[string]int{}, arrived: map[string]int{}}
	w.path = filepath.Join(w.dir, "0.ledger")
	var list []string
	for _, choice := range rows {
		list = append(list, skimRow(choice))
	}
	w.versions = [][]string{list}
	return w
}

// long makes rows so long that a list of them is not read all at once.
var long = strings.Repeat("long and longer ", 300)

const (
	skimHeader = "id,note\n"
	skimBlock  = 4096
)

// skimRow is a row of a list; rows of different choices may have the same key.
func skimRow(choice int) string {
	key := fmt.Sprint("k", choice%40)
	switch choice / 40 {
	case 0:
		return key + "," + long + "\n"
	case 1:
		return key + ",\"two\nlines, \"\"quoted\"\"" + long + "\"\n"
	case 2:
		return "\"" + key + "\"," + long + "\r\n"
	case 3:
		return key + "," + long[choice%20:] + "\n"
	}
	switch choice % 4 {
	case 0:
		return "\n" // no row
	case 1:
		return key + "\n" // lacks a column
	case 2:
		return key + ",\"opened\n" // to be closed by a row that comes later
	}
	return key + ",closed\"\n"
}

func (w *skimWorld) live(steps []skimStep) error {
	for i, s := range append(steps, skimStep{What: "run"}) {
		if err := w.step(s); err != nil {
			return fmt.Errorf("step %d, %v: %w", i, s, err)
		}
		for key, n := range w.arrived {
			if n > 1+w.byHand[key] {
				return fmt.Errorf("step %d, %v: %s may have been written to %d times", i, s, key, n)
			}
		}
	}
	return nil
}

func (w *skimWorld) step(s skimStep) error {
	list := w.versions[len(w.versions)-1]
	at := min(s.At, len(list))
	edited := func(rows ...[]string) error {
		w.versions = append(w.versions, slices.Concat(rows...))
		return nil
	}
	switch s.What {
	case "append":
		return edited(list, []string{skimRow(s.Choice), skimRow(s.At)})
	case "insert":
		return edited(list[:at], []string{skimRow(s.Choice)}, list[at:])
	case "delete":
		return edited(list[:at], list[min(at+1, len(list)):])
	case "change":
		if at < len(list) {
			return edited(list[:at], []string{skimRow(s.Choice)}, list[at+1:])
		}
	case "cut":
		return edited(list[:at])
	case "torn": // as a download may be: a whole number of blocks, and half a row
		text := strings.Join(list, "")
		if size := (1+s.At)*skimBlock - len(skimHeader); size < len(text) {
			return edited(strings.SplitAfter(text[:size], "\n"))
		}
	case "restore":
		return edited(w.versions[s.Choice%len(w.versions)])
	case "settle", "forget":
		return w.person(s)
	case "run":
		return w.twice(Config{Limit: s.Choice % 50})
	case "retry":
		return w.twice(Config{Pick: func(st ledger.State) bool { return st.Status == ledger.Failed }})
	default:
		_, err := w.run(w.path, true, Config{}, s.What, s.Choice%20)
		return err
	}
	return nil
}

// person settles unknown keys as not sent, or forgets one.
func (w *skimWorld) person(s skimStep) error {
	key := fmt.Sprint("k", s.Choice%40)
	if s.What == "forget" {
		_, err := ledger.Forget(w.path, []string{key}, false, ledger.Options{})
		if errors.Is(err, ledger.ErrMissing) {
			return nil
		}
		return err
	}
	l, err := ledger.Open(w.path, ledger.Options{Create: &ledger.Header{Campaign: "test"}})
	if err != nil {
		return err
	}
	defer l.Close()
	for i := range 40 {
		key := fmt.Sprint("k", i)
		if l.Lookup(key).Status == ledger.Unknown && i%2 == s.Choice%2 {
			w.byHand[key]++
			if err := l.SettleByHand(key, ledger.Pending, "a test", "it wants to"); err != nil {
				return err
			}
		}
	}
	return nil
}

// twice runs with and without what is known, and compares.
func (w *skimWorld) twice(c Config) error {
	text, err := os.ReadFile(w.path)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	other := w.path + ".other"
	if err == nil {
		err = os.WriteFile(other, text, 0o600)
	} else {
		err = os.RemoveAll(other)
	}
	if err != nil {
		return err
	}
	posts, arrived := maps.Clone(w.posts), maps.Clone(w.arrived)
	want, err := w.run(other, false, c, "run", 0)
	if err != nil {
		return fmt.Errorf("without: %w", err)
	}
	w.posts, w.arrived = posts, arrived
	got, err := w.run(w.path, true, c, "run", 0)
	if err != nil {
		return fmt.Errorf("with: %w", err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		return fmt.Errorf("what is known of the source made a difference: %s", diff)
	}
	return nil
}

// A skimResult is what a run did.
type skimResult struct {
	Rows   report.Equation
	Now    [3]int // sent, failed, unknown
	Events []string
}

// run makes one run that ends in some way after so many messages.
func (w *skimWorld) run(path string, skim bool, c Config, how string, after int) (r skimResult, err error) {
	l, err := ledger.Open(path, ledger.Options{Create: &ledger.Header{Campaign: "test"}})
	if err != nil {
		return r, err
	}
	defer l.Close()
	if err := l.StartRun(ledger.Run{Command: "send", Rule: "by id"}); err != nil {
		return r, err
	}
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	cut, cutNow := context.WithCancel(context.Background())
	defer cutNow()
	var mu sync.Mutex
	sent, over := 0, false
	c.Send = func(_ context.Context, m *intercom.Message) (intercom.Receipt, error) {
		mu.Lock()
		defer mu.Unlock()
		if over {
			return intercom.Receipt{}, errGone
		}
		if sent++; how != "run" && sent > after {
			over = true
			stop()
			if how == "kill" {
				err = w.keep(path)
				cutNow()
			}
			return intercom.Receipt{}, errGone
		}
		return w.post(m.To[0].ID)
	}
	c.Observe = func(row report.Row, _ ledger.State) {
		mu.Lock()
		defer mu.Unlock()
		r.Events = append(r.Events, fmt.Sprint(row.Line, " ", row.Key, " ", row.Status, " ", row.Code))
	}
	list := skimHeader + strings.Join(w.versions[len(w.versions)-1], "")
	skimmers := w.wire(&c, l, list, skim)
	engine := New(c)
	runErr := engine.Run(ctx, cut)
	if runErr != nil && how == "run" {
		return r, runErr
	}
	p := engine.Progress()
	if !p.Balanced() {
		return r, fmt.Errorf("%v", p.Equation)
	}
	for _, s := range *skimmers {
		w.skimmed += s.Passed()
	}
	slices.Sort(r.Events)
	r.Rows, r.Now = p.Equation, [3]int{p.SentNow, p.FailedNow, p.UnknownNow}
	return r, err
}

// keep makes the ledger as it is now that of the next run: this one is killed.
func (w *skimWorld) keep(path string) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	w.made++
	w.path = filepath.Join(w.dir, fmt.Sprint(w.made, ".ledger"))
	return os.WriteFile(w.path, text, 0o600)
}

// post answers a message, in the same way to the same one.
func (w *skimWorld) post(key string) (intercom.Receipt, error) {
	w.posts[key]++
	h := fnv.New64a()
	fmt.Fprintln(h, w.seed, key, w.posts[key])
	err := []error{nil, nil, nil, nil, nil, nil, nil, errInvalid, errNotFound, errNoAnswer}[h.Sum64()%10]
	if c := intercom.ClassOf(err); c == intercom.Sent || c == intercom.Unknown {
		w.arrived[key]++
	}
	return intercom.Receipt{ID: key, Status: 200}, err
}

// wire makes a run of it, as herald does.
func (w *skimWorld) wire(c *Config, l *ledger.Ledger, list string, skim bool) *[]Skimmer {
	open := func(o source.Options) (*source.Reader, error) {
		o.Format, o.Delimiter, o.BlockSize = source.CSV, ',', skimBlock
		return source.NewReader(strings.NewReader(list), o)
	}
	c.Open = func() (Source, error) { return open(source.Options{}) }
	c.Key = func(r *source.Recipient) (string, error) { return r.At(0), nil }
	c.Render = func(r *source.Recipient) (*intercom.Message, error) {
		return &intercom.Message{Body: "hello", To: intercom.Recipients{{Type: "user", ID: r.At(0)}}}, nil
	}
	c.Pace = func(ctx context.Context) error { return ctx.Err() }
	c.Keys, c.Ledger, c.Workers, c.LatePasses = l, l, 3, 1
	var known *source.Known
	if blocks, sent := l.Known("by id"); skim && len(blocks) > 0 {
		known = &source.Known{Has: sent}
		for _, b := range blocks {
			known.Blocks = append(known.Blocks, source.Block{Line: b.Line, Sum: b.Sum})
		}
	}
	opened := new([]Skimmer)
	c.Skim = func() (Skimmer, error) {
		o, n := source.Options{Known: known}, 0
		if len(*opened) == 0 {
			o.Block = func(b source.Block) {
				_ = l.NoteBlock(ledger.Block{Number: n, Line: b.Line, Sum: b.Sum})
				n++
			}
		}
		r, err := open(o)
		*opened = append(*opened, r)
		return &notedReader{r, l}, err
	}
	return opened
}

// A notedReader ends what its run says of the source's blocks.
type notedReader struct {
	*source.Reader
	ledger *ledger.Ledger
}

func (n *notedReader) Close() error { return errors.Join(n.ledger.EndBlocks(), n.Reader.Close()) }

// A failingSource fails after some rows.
type failingSource struct {
	Source
	left int
	err  error
}

func (f *failingSource) Next() (*source.Recipient, error) {
	if f.left--; f.left < 0 {
		return nil, f.err
	}
	return f.Source.Next()
}

// TestReadingAgainFails has the source fail when it is read again because it is
// not what is known: a failure is never taken for its end.
func TestReadingAgainFails(t *testing.T) {
	list := "id,note\n"
	for i := range 40 {
		list += fmt.Sprintf("k%d,%s\n", i, long)
	}
	for name, fail := range map[string]func(*Config){
		"to open": func(c *Config) { c.Open = func() (Source, error) { return nil, io.ErrUnexpectedEOF } },
		"to go on": func(c *Config) {
			open := c.Open
			c.Open = func() (Source, error) {
				rows, err := open()
				return &failingSource{rows, 3, io.ErrUnexpectedEOF}, err
			}
		},
	} {
		synctest.Test(t, func(t *testing.T) {
			w := newSkimWorld(t, 0, nil)
			l := openLedger(t, w.path)
			run := func(list string, change func(*Config)) error {
				if err := l.Close(); err != nil {
					t.Fatal(err)
				}
				l = openLedger(t, w.path)
				if err := l.StartRun(ledger.Run{Rule: "by id"}); err != nil {
					t.Fatal(err)
				}
				c := Config{Send: func(context.Context, *intercom.Message) (intercom.Receipt, error) {
					return intercom.Receipt{Status: 200}, nil
				}}
				w.wire(&c, l, list, true)
				change(&c)
				e := New(c)
				err := e.Run(t.Context(), t.Context())
				if p := e.Progress(); err != nil && !p.Partial {
					t.Errorf("%s: %v, and the pass counts as whole: %v", name, err, p.Equation)
				}
				return err
			}
			if err := run(list, func(*Config) {}); err != nil {
				t.Fatal(err)
			}
			changed := strings.Replace(list, "k35,", "k35,x", 1)
			if err := run(changed, fail); !errors.Is(err, io.ErrUnexpectedEOF) {
				t.Errorf("it fails %s: got %v", name, err)
			}
			if err := run(changed, func(*Config) {}); err != nil {
				t.Errorf("afterwards: %v", err)
			}
			l.Close()
		})
	}
}

// TestNothingIsPassedOverWhereSentRowsArePicked: who sends to those again has every
// row looked at.
func TestNothingIsPassedOverWhereSentRowsArePicked(t *testing.T) {
	f := newFake(t, "a", "b")
	f.Pick = func(s ledger.State) bool { return s.Status == ledger.Sent || s.Status == ledger.Pending }
	f.Skim = func() (Skimmer, error) { return nil, errors.New("rows are passed over") }
	f.runAll()
}
