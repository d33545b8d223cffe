package source

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/encoding/unicode"
)

// A pass is what reading a text once led to.
type pass struct {
	rows    []string       // what Next returned, in order
	at      map[int]string // the rows among it, by line
	blocks  []Block
	passed  int
	differs bool
}

func passOver(t *testing.T, text string, o Options) pass {
	t.Helper()
	p := pass{at: map[int]string{}}
	o.Block = func(b Block) { p.blocks = append(p.blocks, b) }
	r, err := NewReader(strings.NewReader(text), o)
	if err != nil {
		t.Skip()
	}
	defer r.Close()
	for {
		row, err := r.Next()
		var bad *RowError
		switch {
		case errors.As(err, &bad):
			p.rows = append(p.rows, "bad: "+bad.Error())
		case err != nil:
			if err != io.EOF {
				p.rows = append(p.rows, "end: "+err.Error())
			}
			p.passed, p.differs = r.Passed(), r.Differs()
			return p
		default:
			p.at[row.Line] = fmt.Sprintf("%d %q", row.Line, r.Raw())
			p.rows = append(p.rows, p.at[row.Line])
		}
	}
}

// knownOf returns a part of the rows of a text as known.
func (p pass) knownOf(seed uint64) *Known {
	k := &Known{Blocks: p.blocks}
	lines := map[int]bool{}
	random := rand.New(rand.NewPCG(seed, 0))
	for line := range p.at {
		lines[line] = len(p.blocks) > 0 && line < p.blocks[len(p.blocks)-1].Line && random.IntN(4) > 0
	}
	k.Has = func(line int) bool { return lines[line] }
	return k
}

// FuzzKnown reads a text, and then another one with what is known of the first:
// only rows that are known, and are the same in both, may be missing.
func FuzzKnown(f *testing.F) {
	rows := "id,name\n1,a\n2,\"b\nb\"\n\n3,\"c \"\"c\"\", c\"\n4,d,e\n5,\"f\r\n6,g\n7,\"\"\r\n8,h\n9,i"
	for _, changed := range []string{rows, rows + "\n10,j\n", strings.Replace(rows, "6,g", "6,G", 1), rows[:len(rows)/2], "id,name\n0,z" + rows[7:]} {
		f.Add(rows, changed, uint8(16), uint64(1), false)
		f.Add(rows, changed, uint8(40), uint64(2), false)
	}
	cut := "id,name\n1,a\n2,b" // to the end of a block, and in the middle of a row
	f.Add(cut, cut+"b\n3,c\n", uint8(len(cut)-1), uint64(3), false)
	f.Add(cut, cut+"\n3,c\n", uint8(len(cut)-1), uint64(3), false)
	quote := "id,name\n1,\"a\n2,b\n3,c\n4,d\n"
	f.Add(quote, quote+"5,\"\n", uint8(5), uint64(3), false)
	f.Add(quote, quote+"\"\n6,f\n", uint8(5), uint64(4), false)
	objects := `{"id":1}` + "\n" + `{"id":2, "a":"\""}` + "\n\n[]\n" + `{"id":3}` + "\n" + `{"id":4}`
	f.Add(objects, objects, uint8(9), uint64(1), true)
	f.Add(objects, objects[:30]+" "+objects[30:], uint8(9), uint64(1), true)
	f.Fuzz(func(t *testing.T, first, then string, size uint8, seed uint64, json bool) {
		for _, mark := range byteOrderMarks { // is no part of the text
			if strings.HasPrefix(first, mark.mark) || strings.HasPrefix(then, mark.mark) {
				t.Skip()
			}
		}
		o := Options{Name: "f", Format: CSV, Delimiter: ',', BlockSize: 1 + int(size), MaxRecord: 200}
		if json {
			o.Format, o.Delimiter = JSONL, 0
		}
		was, want := passOver(t, first, o), passOver(t, then, o)
		o.Known = was.knownOf(seed)
		got := passOver(t, then, o)
		if diff := cmp.Diff(want.blocks, got.blocks); diff != "" {
			t.Errorf("other blocks are told of: %s", diff)
		}
		missing := 0
		for line, text := range want.at {
			if _, ok := got.at[line]; ok {
				continue
			}
			missing++
			if !o.Known.Has(line) || was.at[line] != text {
				t.Errorf("%s was passed over", text)
			}
		}
		if missing != got.passed || len(want.rows) != len(got.rows)+missing {
			t.Errorf("%d rows are missing, %d were passed over; %d were read of %d", missing, got.passed, len(got.rows), len(want.rows))
		}
		if same := strings.HasPrefix(then, first[:len(was.blocks)*o.BlockSize]); !same && !got.differs || same && first == then && got.differs {
			t.Errorf("the text is the same as far as it is known: %v, differs: %v", same, got.differs)
		}
		for line := range was.at {
			if _, ok := got.at[line]; ok && !got.differs && o.Known.Has(line) {
				t.Errorf("line %d was read", line)
			}
		}
	})
}

// TestBlocksAreOfTheText stores one text in several ways: its blocks are the same.
func TestBlocksAreOfTheText(t *testing.T) {
	text := "id,name\n1,Zoë\n2,François\n3,\"a\nb\"\n"
	files := map[string]string{
		"a.csv": text, "mark.csv": "\ufeff" + text, "a.csv.gz": gzipped(t, text), "a.csv.zst": zstandard(t, text),
		"16.csv": encoded(t, unicode.UTF16(unicode.LittleEndian, unicode.UseBOM), text),
	}
	var want []Block
	for n := range len(text) / 10 {
		b := Block{Sum: sha256.Sum256([]byte(text[10*n : 10*n+10])), Line: 1 + strings.Count(text[:10*n+10], "\n")}
		if n == 3 { // it ends in the last row, behind the line end that stands in quotes
			b.Line = 4
		}
		want = append(want, b)
	}
	for name, content := range files {
		var got []Block
		r, err := Open(write(t, name, content), Options{BlockSize: 10, Block: func(b Block) { got = append(got, b) }})
		if err != nil {
			t.Fatal(err)
		}
		for err == nil {
			_, err = r.Next()
		}
		if diff := cmp.Diff(want, got); diff != "" || err != io.EOF {
			t.Errorf("%s: %v %s", name, err, diff)
		}
		r.Close()
	}
}

// TestKnownRowsThatAreNotThere goes on with texts that are the same as far as they
// were known, and whose rows are not.
func TestKnownRowsThatAreNotThere(t *testing.T) {
	for _, test := range []struct{ name, first, then string }{
		{"a row in quotes that are closed now", "id,name\n1,\"a\n2,b\n3,c\n4,d\n", "id,name\n1,\"a\n2,b\n3,c\n4,d\n5,\"\n2,e\n"},
		{"the same, farther on", "id,name\n0,z\n1,\"a\n2,b\n3,c\n4,d\n", "id,name\n0,z\n1,\"a\n2,b\n3,c\n4,d\n5,e\"\n2,e\n"},
	} {
		o := Options{Name: "f", Format: CSV, BlockSize: 4}
		was := passOver(t, test.first, o)
		o.Known = &Known{Blocks: was.blocks, Has: func(line int) bool { return was.at[line] != "" && line < was.blocks[len(was.blocks)-1].Line }}
		got, want := passOver(t, test.then, o), passOver(t, test.then, Options{Name: "f", Format: CSV})
		if !got.differs || len(got.rows)+got.passed != len(want.rows) {
			t.Errorf("%s: differs: %v; %d rows were passed over, read were %q of %q", test.name, got.differs, got.passed, got.rows, want.rows)
		}
	}
}

// TestARowWithoutLineEndIsInNoBlock ends a text with a row at the end of a block:
// the row is not known to end there.
func TestARowWithoutLineEndIsInNoBlock(t *testing.T) {
	for text, line := range map[string]int{"id,name\n1,a\n2,b": 3, "id,name\n1,a\n2,b\n": 4, "id,name\n1,a\n\"2\n2\",": 3} {
		if p := passOver(t, text, Options{Format: CSV, BlockSize: len(text)}); len(p.blocks) != 1 || p.blocks[0].Line != line {
			t.Errorf("%q: blocks %v, want one to line %d", text, p.blocks, line)
		}
	}
}

// An endingText ends with an error of its own in the middle of a block, and after
// many reads of nothing.
type endingText struct {
	text string
	err  error
}

func (e *endingText) Read(p []byte) (int, error) {
	if e.text == "" {
		return 0, e.err
	}
	n := copy(p, e.text[:1])
	e.text = e.text[n:]
	return n, nil
}

// TestBlocksEndAsTheirTextDoes has a text end in various ways: no failure is taken
// for the end, and what comes before is read.
func TestBlocksEndAsTheirTextDoes(t *testing.T) {
	for _, end := range []error{io.EOF, io.ErrUnexpectedEOF, errors.New("a broken disk"), nil} {
		for size := range 9 {
			b := newBlocks(&endingText{"12345678", end}, Options{BlockSize: size + 1})
			text, err := io.ReadAll(b)
			switch {
			case string(text) != "12345678":
				t.Errorf("read %q", text)
			case end == nil && !errors.Is(err, io.ErrNoProgress), end == io.EOF && err != nil, end != nil && end != io.EOF && err != end:
				t.Errorf("blocks of %d: ended with %v, want %v", size+1, err, end)
			}
			b.close()
			b.close()
		}
	}
}

// TestBlocksAreGivenUp closes a reader that has not been read to its end: nothing
// goes on reading.
func TestBlocksAreGivenUp(t *testing.T) {
	for rows := range 4 {
		synctest.Test(t, func(t *testing.T) {
			text := "id\n" + strings.Repeat("1\n", 1000)
			r, err := NewReader(strings.NewReader(text), Options{Format: CSV, BlockSize: 10, Block: func(Block) {}})
			if err != nil {
				t.Fatal(err)
			}
			for range rows {
				if _, err := r.Next(); err != nil {
					t.Error(err)
				}
			}
			if err := r.Close(); err != nil { // synctest fails if a goroutine is left
				t.Error(err)
			}
		})
	}
}

// TestKnownOfLargeSource passes over rows in windows and blocks of the usual size.
func TestKnownOfLargeSource(t *testing.T) {
	var text strings.Builder
	text.WriteString("id,name,note\n")
	for i := range 40_000 {
		fmt.Fprintf(&text, "%d,name %d,\"%s\"\n", i, i, strings.Repeat("two\nlines ", i%3))
	}
	o := Options{Name: "f", Format: CSV}
	was := passOver(t, text.String(), o)
	if n := text.Len() / DefaultBlockSize; len(was.blocks) != n || n < 3 {
		t.Fatalf("%d blocks, want %d", len(was.blocks), n)
	}
	known := Known{Blocks: was.blocks, Has: func(line int) bool { return line < was.blocks[len(was.blocks)-1].Line && was.at[line] != "" }}
	o.Known = &known
	all := passOver(t, text.String(), o)
	if all.passed+len(all.rows) != 40_000 || all.differs || len(all.rows) > 40_000/len(was.blocks) {
		t.Errorf("%d rows were passed over, %d read", all.passed, len(all.rows))
	}
	changed := []byte(text.String())
	changed[2*DefaultBlockSize+7] = 'x'
	part := passOver(t, string(changed), o)
	if part.passed+len(part.rows) != 40_000 || !part.differs || part.passed == 0 {
		t.Errorf("of a changed text: %d rows were passed over, %d read, differs: %v", part.passed, len(part.rows), part.differs)
	}
}
