package report

import (
	"bufio"
	"cmp"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"time"

	"github.com/gocarina/gocsv"
)

// A Reply is what is known of the conversation of one message: a row of a replies
// file.
type Reply struct {
	Key            string
	Line           int // of the source the message was sent from
	Variant        string
	MessageID      string
	SentAt         time.Time
	ConversationID string
	State          string    // of the conversation: open, closed or snoozed
	RepliedAt      time.Time // when the contact first replied; zero: not yet
	CheckedAt      time.Time
}

// replyRecord is a Reply as CSV knows it, for the reasons of record.
type replyRecord struct {
	Key            string `csv:"key"`
	Line           string `csv:"line"`
	Variant        string `csv:"variant"`
	MessageID      string `csv:"message_id"`
	SentAt         string `csv:"sent_at"`
	ConversationID string `csv:"conversation_id"`
	State          string `csv:"state"`
	RepliedAt      string `csv:"first_reply_at"`
	CheckedAt      string `csv:"checked_at"`
}

func (r Reply) record() replyRecord {
	return replyRecord{
		Key: r.Key, Line: formatInt(int64(r.Line)), Variant: r.Variant, MessageID: r.MessageID, SentAt: formatTime(r.SentAt),
		ConversationID: r.ConversationID, State: r.State, RepliedAt: formatTime(r.RepliedAt), CheckedAt: formatTime(r.CheckedAt),
	}
}

func (c replyRecord) reply() (Reply, error) {
	r := Reply{Key: c.Key, Variant: c.Variant, MessageID: c.MessageID, ConversationID: c.ConversationID, State: c.State}
	line, ok := parseInt(c.Line)
	r.Line = int(line)
	for _, at := range []struct {
		cell string
		to   *time.Time
	}{{c.SentAt, &r.SentAt}, {c.RepliedAt, &r.RepliedAt}, {c.CheckedAt, &r.CheckedAt}} {
		t, good := parseTime(at.cell)
		*at.to, ok = t, ok && good
	}
	if !ok || c.MessageID == "" {
		return Reply{}, errNoReply
	}
	return r, nil
}

var errNoReply = errors.New("it has a row that herald did not write")

// ReadReplies reads a replies file; there is nothing in one that does not exist.
func ReadReplies(path string) ([]Reply, error) {
	file, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer file.Close()
	var records []replyRecord
	if err := gocsv.UnmarshalCSV(csv.NewReader(bufio.NewReader(file)), &records); err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	replies := make([]Reply, len(records))
	for i, c := range records {
		if replies[i], err = c.reply(); err != nil {
			return nil, fmt.Errorf("read %s: %w", path, err)
		}
	}
	return replies, nil
}

// WriteReplies puts a replies file in place in one step, as Replace does, sorted
// by line.
func WriteReplies(path string, replies []Reply) error {
	slices.SortFunc(replies, func(a, b Reply) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.MessageID, b.MessageID))
	})
	records := make([]replyRecord, len(replies))
	for i, r := range replies {
		records[i] = r.record()
	}
	return Replace(path, func(out io.Writer) error { return gocsv.MarshalCSV(records, csv.NewWriter(out)) })
}
