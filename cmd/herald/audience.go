package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"sync/atomic"
	"time"

	"github.com/herald-campaigns/herald/pkg/contacts"
	"github.com/herald-campaigns/herald/pkg/intercom"
	"github.com/herald-campaigns/herald/pkg/ledger"
	"github.com/herald-campaigns/herald/pkg/report"
)

// partEnding ends the name of an audience that was not read to its end.
const partEnding = ".part"

// audienceAt is the file of a campaign's audience, whose name begins so: another
// audience has another file.
func (s *session) audienceAt(begin string) string {
	a := s.campaign.Source.Audience
	text := "tag " + a.Tag + "\nsegment " + a.Segment
	if a.Query != nil {
		query, _ := a.Query.MarshalJSON() // it was read, so it can be written
		text = string(query)
	}
	sum := sha256.Sum256([]byte(text))
	return begin + ".audience-" + hex.EncodeToString(sum[:4]) + ".jsonl"
}

// audiencePath is the file of the campaign's audience. What does not know whose
// token it has takes the one that is there.
func (s *session) audiencePath() string {
	real, played := s.audienceAt(s.home()), s.audienceAt(s.home()+".sandbox")
	if !s.anySender && s.inSandbox() || s.me.App.ID == "" && !exists(real) && exists(played) ||
		s.anySender && !exists(real) && exists(played) {
		return played
	}
	return real
}

// sourceFile is the file that recipients come from.
func (s *session) sourceFile() string {
	switch {
	case s.files.source != "":
		return s.files.source
	case s.campaign.Source.Audience != nil:
		return s.audiencePath()
	}
	return s.campaign.Source.Path
}

// readAudience reads the campaign's audience from Intercom into a file, unless it
// is there: from then on it is a source like any other.
func (s *session) readAudience(ctx context.Context) error {
	if s.campaign.Source.Audience == nil || s.files.source != "" || s.anySender {
		return nil
	}
	if err := s.connect(ctx); err != nil {
		return err
	}
	path := s.audiencePath()
	if info, err := os.Stat(path); err == nil {
		s.say("audience: %s, as read at %s; herald contacts %s --refresh reads it anew",
			s.campaign.Source.Audience, info.ModTime().Local().Format("15:04 on 2 January"), shellQuote(s.campaign.File))
		return nil
	}
	where, err := s.audienceFilter(ctx)
	if err != nil {
		return err
	}
	r := &audienceReader{session: s, path: path, query: intercom.Query{Where: where}, seen: ledger.NewBook()}
	if err := r.read(ctx); err != nil {
		return err
	}
	s.say("audience: %s: %s", s.campaign.Source.Audience, count(r.rows, "contact"))
	if r.rows == 0 && !s.run.allowEmpty {
		return errors.Join(removeFile(path), &refusal{code: exitUsage, what: "the audience is empty: nobody is among the " + s.campaign.Source.Audience.String(),
			hint: "correct source in " + s.campaign.File + "; contacts that were tagged a moment ago may take some minutes to be found"})
	}
	return nil
}

// An audienceReader reads an audience page by page into a file that is there to be
// gone on with: contacts, and behind each page the cursor of the next.
type audienceReader struct {
	*session
	path  string
	query intercom.Query
	seen  *ledger.Book // who moves from page to page comes twice
	rows  int
	done  atomic.Int64
}

// A nextPage is a line behind each page of a file that is not complete.
type nextPage struct {
	Next string `json:"next"`
}

func (r *audienceReader) read(ctx context.Context) error {
	part, err := os.OpenFile(r.path+partEnding, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	defer part.Close()
	cursor, err := resumeAudience(part)
	if err != nil {
		return err
	}
	d := r.display(r.run.progress, 0, func() int { return int(r.done.Load()) },
		func() string { return "reading the audience, " + report.Number(int(r.done.Load())) + " contacts" })
	err = r.pages(ctx, part, cursor)
	d.close()
	if err != nil {
		return err
	}
	if err := r.complete(part); err != nil {
		return err
	}
	return removeFile(r.path + partEnding)
}

// resumeAudience cuts off what is behind the last cursor, and returns that.
func resumeAudience(part *os.File) (cursor string, err error) {
	in := bufio.NewReader(part)
	end, at := int64(0), int64(0)
	for {
		line, err := in.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return "", err
		}
		at += int64(len(line))
		if next, ok := cursorIn(line); ok {
			cursor, end = next, at
		}
	}
	if err := part.Truncate(end); err != nil {
		return "", err
	}
	_, err = part.Seek(end, io.SeekStart)
	return cursor, err
}

func cursorIn(line []byte) (string, bool) {
	var next nextPage
	ok := bytes.HasPrefix(line, []byte(`{"next":`)) && json.Unmarshal(line, &next) == nil
	return next.Next, ok
}

// pages reads what is left. A cursor that is too old is refused: then all is read
// anew.
func (r *audienceReader) pages(ctx context.Context, part *os.File, cursor string) error {
	for {
		page, err := r.searchContacts(ctx, r.query, cursor)
		if intercom.ClassOf(err) == intercom.Refused && cursor != "" {
			cursor = ""
			if err := part.Truncate(0); err != nil {
				return err
			}
			if _, err := part.Seek(0, io.SeekStart); err != nil {
				return err
			}
			continue
		}
		if err != nil {
			return r.searchError(err)
		}
		if err := r.keep(part, page); err != nil {
			return err
		}
		r.done.Add(int64(len(page.Contacts)))
		if page.Next == "" {
			return nil
		}
		if page.Next == cursor {
			return intercom.ErrRepeated
		}
		cursor = page.Next
	}
}

// keep writes one page, and notes each contact as looked up.
func (r *audienceReader) keep(part *os.File, page intercom.ContactPage) error {
	var lines bytes.Buffer
	encode := json.NewEncoder(&lines)
	encode.SetEscapeHTML(false)
	now := time.Now().UTC()
	var entries []contacts.Entry
	for _, c := range page.Contacts {
		if err := encode.Encode(c); err != nil {
			return err
		}
		entries = append(entries, contacts.Entry{Address: contacts.NewAddress(contacts.ID, c.ID), Asked: now, Contacts: []intercom.Contact{c}})
	}
	if page.Next != "" {
		if err := encode.Encode(nextPage{page.Next}); err != nil {
			return err
		}
	}
	if _, err := part.Write(lines.Bytes()); err != nil {
		return err
	}
	if r.campaign.LooksUp() != contacts.ID {
		return nil
	}
	cache, err := r.contacts()
	if err != nil {
		return err
	}
	return cache.Put(entries...)
}

// complete writes the source: each contact once, and no cursors.
func (r *audienceReader) complete(part *os.File) error {
	if _, err := part.Seek(0, io.SeekStart); err != nil {
		return err
	}
	r.seen.BeginPass()
	return report.Replace(r.path, func(out io.Writer) error {
		w, in := bufio.NewWriter(out), bufio.NewReader(part)
		for {
			line, err := in.ReadBytes('\n')
			if errors.Is(err, io.EOF) {
				return w.Flush()
			}
			if err != nil {
				return err
			}
			var c struct {
				ID string `json:"id"`
			}
			if _, isCursor := cursorIn(line); isCursor || json.Unmarshal(line, &c) != nil || r.seen.Visit(c.ID).Seen {
				continue
			}
			r.rows++
			if _, err := w.Write(line); err != nil {
				return err
			}
		}
	})
}

// noAudience says that the audience has to be read before it can be looked at.
func (s *session) noAudience(err error) error {
	if s.campaign.Source.Audience == nil || s.files.source != "" || !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return &refusal{code: exitUsage, what: fmt.Sprintf("the audience (%s) was not read from Intercom yet", s.campaign.Source.Audience),
		hint: "read it, with an access token: herald check " + shellQuote(s.campaign.File)}
}
