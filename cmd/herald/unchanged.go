package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/maphash"
	"slices"
	"strings"

	"github.com/herald-campaigns/herald/pkg/ledger"
	"github.com/herald-campaigns/herald/pkg/source"
)

// Originals are the rows that failed, as they stand in the campaign's own source:
// a hash of each. A row of a corrected copy that has the same hash was not
// corrected.
type originals struct {
	seed    maphash.Seed
	columns []string // that are compared; nil: every member of a JSON object
	rows    map[uint64]struct{}
}

// findOriginals finds out which rows of a corrected copy were not corrected. If
// that can't be told it says so, and all of them count as corrected.
func (s *session) findOriginals(ctx context.Context) error {
	if s.files.source == "" || sameFile(s.files.source, s.campaign.Source.Path) {
		return nil
	}
	own := &session{program: s.program, campaign: s.campaign}
	err := own.sourceAtHand(ctx)
	if err == nil && own.missing == "" {
		err = s.readOriginals(own)
	} else if err == nil {
		err = errors.New(own.missing)
	}
	if errors.Is(err, context.Canceled) {
		return err
	}
	if err != nil {
		s.say("which rows were corrected can't be told, so all count as corrected: %s", refusalOf(err).what)
	}
	return nil
}

// readOriginals reads the campaign's own source.
func (s *session) readOriginals(own *session) error {
	o := originals{seed: maphash.MakeSeed(), rows: map[uint64]struct{}{}}
	var err error
	if o.columns, err = s.commonColumns(own); err != nil {
		return err
	}
	err = own.eachRow(func(key string, row *source.Recipient, _ []byte) error {
		if st := s.ledger.Lookup(key); st.Status == ledger.Failed && s.pick(st) {
			o.rows[o.hash(key, row)] = struct{}{}
		}
		return nil
	})
	if err != nil {
		return err
	}
	s.unchanged = func(row *source.Recipient, picked ledger.State) bool {
		key, err := s.renderer.Key(row)
		if err != nil || picked.Status != ledger.Failed {
			return false // what is unknown was not refused: there is nothing to correct
		}
		_, same := o.rows[o.hash(cmp.Or(formerKey(row), key), row)]
		return same
	}
	return nil
}

// commonColumns are the columns that both the copy and the original have, nil if
// both are JSON.
func (s *session) commonColumns(own *session) ([]string, error) {
	copied, original, err := s.headers(own)
	var names []string
	switch {
	case err != nil || copied == nil && original == nil:
		return nil, err
	case copied == nil:
		names = original.Names()
	case original == nil:
		names = copied.Names()
	default:
		names = slices.DeleteFunc(original.Names(), func(name string) bool { _, ok := copied.Index(name); return !ok })
	}
	names = slices.DeleteFunc(names, isHeralds)
	if len(names) == 0 {
		return nil, fmt.Errorf("%s has no column of %s", s.sourceName, own.sourceName)
	}
	return names, nil
}

// headers returns the columns of the copy and of the original.
func (s *session) headers(own *session) (copied, original *source.Header, err error) {
	for _, of := range []struct {
		session *session
		header  **source.Header
	}{{s, &copied}, {own, &original}} {
		rows, err := of.session.openSource()
		if err != nil {
			return nil, nil, err
		}
		*of.header = rows.Header()
		rows.Close()
	}
	return copied, original, nil
}

// isHeralds reports whether an export added this column.
func isHeralds(name string) bool { return slices.Contains(heraldColumns, name) }

// hash returns the hash of a row's key and values. Quotes are not among them: a
// spreadsheet sets them its own way.
func (o *originals) hash(key string, row *source.Recipient) uint64 {
	var h maphash.Hash
	h.SetSeed(o.seed)
	add := func(text string) {
		_, _ = h.WriteString(text) // never fails, by its documentation
		_ = h.WriteByte(0)
	}
	add(key)
	names := o.columns
	if names == nil {
		names = slices.DeleteFunc(row.Names(), isHeralds)
	}
	for _, name := range names {
		value, ok := row.Value(name)
		add(name)
		if text, is := value.(string); is {
			add(strings.ReplaceAll(text, "\r\n", "\n"))
		} else if ok {
			text, _ := json.Marshal(value) // it was JSON before
			add(string(text))
		}
	}
	return h.Sum64()
}

// leaveUnchanged decides what becomes of rows that were not corrected, and checks
// the others again if they are left out.
func (s *session) leaveUnchanged(ctx context.Context, v *survey) (*survey, error) {
	switch {
	case s.unchanged == nil || v != nil && v.unchanged == 0:
		return v, nil
	case v == nil && s.run.sendUnchanged:
		return v, nil
	case v == nil:
		s.hold = s.unchanged
		s.say("rows in which nothing was changed are left out; --send-unchanged sends them all the same")
		return v, nil
	}
	all, err := s.askUnchanged(ctx, v)
	if err != nil || all {
		return v, err
	}
	s.hold = s.unchanged
	return s.surveyed(ctx)
}

// askUnchanged asks whether rows that were not corrected are sent all the same.
// Where there is nobody to ask they are left out, unless a flag says otherwise.
func (s *session) askUnchanged(ctx context.Context, v *survey) (bool, error) {
	n, be, they := fmt.Sprintf("%d of %s were not changed", v.unchanged, count(max(v.whole, v.unchanged), "row")), "are", "they"
	if v.unchanged == 1 {
		n, be, they = strings.Replace(n, " were ", " was ", 1), "is", "it"
	}
	switch {
	case s.run.sendUnchanged:
		s.say("%s, and %s sent all the same", n, be)
		return true, nil
	case s.run.yes || !s.inTerminal:
		s.say("%s, and %s left out: %s would fail again; --send-unchanged sends all the same", n, be, they)
		return false, nil
	}
	fmt.Fprintf(s.err, "%s: send all the same? [y/N] ", n)
	answer, err := readLine(ctx, s.in)
	answer = strings.ToLower(answer)
	return answer == "y" || answer == "yes", err
}
