package main

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"

	"github.com/herald-campaigns/herald/pkg/ledger"
	"github.com/herald-campaigns/herald/pkg/sender"
	"github.com/herald-campaigns/herald/pkg/source"
)

// readingRule stands for all that decides, besides the source's text, which key
// the row on a line has. Its first word is to be changed whenever herald itself
// reads rows or makes keys in another way. It is empty where the run's source is a
// corrected part of the campaign's: then its lines are remembered in vain.
func (s *session) readingRule(m mode) string {
	if m.only != nil && s.files.source != "" {
		return ""
	}
	h := sha256.New()
	fmt.Fprintf(h, "1 json=%v %q %d\n", s.layout.json, s.layout.delimiter, source.DefaultBlockSize)
	for _, p := range s.campaign.Parts() {
		if p.Name == "key" || strings.HasPrefix(p.Name, "to.") || strings.HasPrefix(p.Name, "vars.") {
			fmt.Fprintf(h, "%q %s\n", p.Name, p.Hash)
		}
	}
	return hex.EncodeToString(h.Sum(nil))
}

// addSkim has a run note what its source is, so that a later one over the same
// source passes over the rows that are sent by then, as this one does now.
func (s *session) addSkim(c sender.Config, rule string) sender.Config {
	if rule == "" {
		return c
	}
	known := s.knownRows(rule)
	first := true
	c.Skim = func() (sender.Skimmer, error) {
		o := s.sourceOptions()
		o.Known = known
		if !first {
			return s.watched(o)
		}
		first = false
		o.Block = s.noteBlock()
		r, err := s.watched(o)
		return &notedSource{r, s.ledger}, err
	}
	return c
}

// knownRows are those that the ledger knows were sent; nil if there are none.
func (s *session) knownRows(rule string) *source.Known {
	blocks, sent := s.ledger.Known(rule)
	if len(blocks) == 0 {
		return nil
	}
	k := &source.Known{Has: sent}
	for _, b := range blocks {
		k.Blocks = append(k.Blocks, source.Block{Line: b.Line, Sum: b.Sum})
	}
	return k
}

// noteBlock returns what the blocks of the source are told to, one after another.
// A ledger that can't be written any more says so when the next row is claimed.
func (s *session) noteBlock() func(source.Block) {
	n := 0
	return func(b source.Block) {
		_ = s.ledger.NoteBlock(ledger.Block{Number: n, Line: b.Line, Sum: b.Sum})
		n++
	}
}

// A notedSource is the source in a run's first pass, whose blocks are noted.
type notedSource struct {
	*watchedSource
	ledger *ledger.Ledger
}

func (n *notedSource) Close() error {
	return errors.Join(n.ledger.EndBlocks(), n.watchedSource.Close())
}
