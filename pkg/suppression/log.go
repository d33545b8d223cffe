package suppression

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/gocarina/gocsv"

	"github.com/herald-campaigns/herald/pkg/source"
)

// A Change is one line of a log: somebody came onto the list, or left it.
type Change struct {
	Who    string `csv:"who" json:"who"`       // an email address or an id
	Action string `csv:"action" json:"action"` // Added or Removed
	Reason string `csv:"reason" json:"reason"`
	By     string `csv:"by" json:"by"` // who changed the list
	At     string `csv:"at" json:"at"` // RFC 3339, UTC
}

// What a Change does.
const (
	Added   = "add"
	Removed = "remove"
)

const logHeader = "who,action,reason,by,at"

// ErrNotLog says that a list is of another kind, which Append does not write to.
var ErrNotLog = errors.New("is no list that herald suppress began")

func isLogHeader(h *source.Header) bool {
	_, who := h.Index("who")
	_, action := h.Index("action")
	return who && action
}

// isLog reports whether a file begins as a log does.
func isLog(path string) (bool, error) {
	f, err := os.Open(path)
	if err != nil {
		return false, err
	}
	defer f.Close()
	start := make([]byte, len(logHeader)+1)
	n, err := io.ReadFull(f, start)
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		err = nil
	}
	rest, ok := strings.CutPrefix(string(start[:n]), logHeader)
	return ok && (rest == "" || rest == "\n" || rest == "\r"), err
}

// takeChange takes one line of a log.
func takeChange(b *Builder, path string, row *source.Recipient) error {
	who, _ := row.Value("who")
	action, _ := row.Value("action")
	id := Identify(fmt.Sprint(who))
	switch action {
	case Added:
		b.Add(id, row.Line)
	case Removed:
		b.Remove(id, row.Line)
	default:
		return &ListError{path, row.Line, fmt.Sprintf("the action %q must be %s or %s", action, Added, Removed), nil}
	}
	return nil
}

// Append adds changes to the log at path, in one write, and returns when they
// are on disk. A missing file is made, readable by its owner alone. The
// error is ErrNotLog for a list of another kind, else of the file.
func Append(path string, changes ...Change) error {
	var text bytes.Buffer
	// A write to memory can't fail, and Change is a type gocsv knows.
	_ = gocsv.MarshalCSVWithoutHeaders(changes, gocsv.NewSafeCSVWriter(csv.NewWriter(&text)))
	f, err := os.OpenFile(path, os.O_APPEND|os.O_RDWR, 0)
	if errors.Is(err, fs.ErrNotExist) {
		err = begin(path, text.Bytes())
		if !errors.Is(err, fs.ErrExist) {
			return err
		}
		f, err = os.OpenFile(path, os.O_APPEND|os.O_RDWR, 0) // somebody else was faster
	}
	if err != nil {
		return err
	}
	lead, err := leadOf(f, path)
	if err == nil {
		_, err = f.Write(append([]byte(lead), text.Bytes()...))
	}
	if err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}

// leadOf returns what must come before a new line of a log: the header of an
// empty file, the end of a last line that has none.
func leadOf(f *os.File, path string) (string, error) {
	info, err := f.Stat()
	if err != nil || info.Size() == 0 {
		return logHeader + "\n", err
	}
	if log, err := isLog(path); err != nil || !log {
		return "", errors.Join(err, ErrNotLog)
	}
	last := make([]byte, 1)
	if _, err := f.ReadAt(last, info.Size()-1); err != nil {
		return "", err
	}
	if last[0] == '\n' {
		return "", nil
	}
	return "\n", nil
}

// begin makes a log that has these lines as soon as it is there: a half-made one
// would be taken for a list of another kind.
func begin(path string, lines []byte) error {
	aside, err := os.CreateTemp(filepath.Dir(path), ".herald-suppress-*") // 0600
	if err != nil {
		return err
	}
	defer os.Remove(aside.Name())
	_, err = aside.Write(append([]byte(logHeader+"\n"), lines...))
	if err == nil {
		err = aside.Sync()
	}
	if err = errors.Join(err, aside.Close()); err != nil {
		return err
	}
	if err := os.Link(aside.Name(), path); err != nil { // unlike Rename it takes nobody's place
		return err
	}
	return syncFolder(filepath.Dir(path))
}

// syncFolder makes the names in a folder durable, where the system can.
func syncFolder(dir string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// Standing returns the last change of everybody who is on a log now, in the
// order of the file. The error is a *ListError, or ErrNotLog in one.
func Standing(path string) ([]Change, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, listError(path, err)
	}
	if len(text) == 0 {
		return []Change{}, nil
	}
	if log, err := isLog(path); err != nil || !log {
		return nil, listError(path, errors.Join(err, ErrNotLog))
	}
	list, err := Read(path) // says what is wrong, and in which line
	if err != nil {
		return nil, err
	}
	var changes []Change
	if err := gocsv.UnmarshalBytes(text, &changes); err != nil {
		return nil, listError(path, err)
	}
	last := map[Identity]int{}
	for i, c := range changes {
		last[Identify(c.Who)] = i
	}
	standing := make([]Change, 0, list.Len())
	for i, c := range changes {
		if c.Action == Added && last[Identify(c.Who)] == i {
			standing = append(standing, c)
		}
	}
	return standing, nil
}
