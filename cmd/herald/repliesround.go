package main

import (
	"encoding/json"
	"io"
	"iter"
	"os"
	"time"

	"github.com/herald-campaigns/herald/pkg/intercom"
	"github.com/herald-campaigns/herald/pkg/ledger"
	"github.com/herald-campaigns/herald/pkg/report"
)

// A round asks once about every message, in the ledger's order. Its file, beside
// the replies, is there while a round is not finished.
type round struct {
	Began time.Time `json:"began"`
	Last  string    `json:"last"` // id of the last message that was asked about; empty: none
	All   bool      `json:"all"`  // also about those that were replied to
}

// roundGoesOn is how long a round that was stopped is gone on with: later there
// may be new replies to what it asked about first.
const roundGoesOn = time.Hour

func (r *replies) roundPath() string { return r.base() + ".replies.round" }

// readRound returns the round to go on with, or a new one. A file that can't be
// read costs some requests.
func (r *replies) readRound(refresh bool) round {
	begun := round{Began: time.Now().UTC(), All: refresh}
	text, err := os.ReadFile(r.roundPath())
	if err != nil {
		return begun
	}
	var left round
	if err := json.Unmarshal(text, &left); err != nil || left.All != refresh || time.Since(left.Began) > roundGoesOn || left.Began.After(begun.Began) {
		return begun
	}
	return left
}

// save keeps what was found, and then how far the round is; a finished one leaves
// no file.
func (r *replies) save(finished bool) error {
	list := make([]report.Reply, 0, len(r.known))
	for _, one := range r.known {
		list = append(list, *one)
	}
	if err := report.WriteReplies(r.path, list); err != nil {
		return err
	}
	if finished {
		if err := os.Remove(r.roundPath()); err != nil && !os.IsNotExist(err) {
			return err
		}
		return nil
	}
	return report.Replace(r.roundPath(), func(out io.Writer) error { return json.NewEncoder(out).Encode(r.round) })
}

// resumes reports whether the round was begun before, and its last message is
// still there: somebody may have been forgotten.
func (r *replies) resumes() (bool, error) {
	if r.round.Last == "" {
		return false, nil
	}
	for e, err := range r.messages() {
		if err != nil {
			return false, err
		}
		if e.MessageID == r.round.Last {
			return true, nil
		}
	}
	return false, nil
}

// messages yields the messages that were sent and have an id, in the ledger's
// order.
func (r *replies) messages() iter.Seq2[ledger.Entry, error] {
	return func(yield func(ledger.Entry, error) bool) {
		for e, err := range r.ledger.Entries() {
			if err != nil || e.Status == ledger.Sent && e.MessageID != "" {
				if !yield(e, err) {
					return
				}
			}
		}
	}
}

// batches yields the messages that are to be asked about, as many as one request
// takes; each batch is valid until the next one.
func (r *replies) batches() iter.Seq2[[]ledger.Entry, error] {
	return func(yield func([]ledger.Entry, error) bool) {
		skipping, err := r.resumes()
		if err != nil {
			yield(nil, err)
			return
		}
		batch := make([]ledger.Entry, 0, intercom.MaxValues)
		for e, err := range r.messages() {
			switch {
			case err != nil:
				yield(nil, err)
				return
			case skipping:
				skipping = e.MessageID != r.round.Last
				continue
			case r.replied(e.MessageID) && !r.round.All:
				continue
			}
			if batch = append(batch, e); len(batch) < cap(batch) {
				continue
			}
			if !yield(batch, nil) {
				return
			}
			batch = batch[:0]
		}
		if len(batch) > 0 {
			yield(batch, nil)
		}
	}
}
