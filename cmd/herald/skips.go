package main

import (
	"github.com/herald-campaigns/herald/pkg/ledger"
	"github.com/herald-campaigns/herald/pkg/source"
)

// A skipRule says why a row is not to be written to: a code for the results file,
// and a sentence for people; no code if it has nothing against the row. The engine's
// Skip says which rows it is asked for; it is called by one goroutine.
type skipRule func(row *source.Recipient, key string, state ledger.State) (code, reason string)

// skip asks the session's rules, in their order, until one skips the row; the
// engine's Skip.
func (s *session) skip(row *source.Recipient, key string, state ledger.State) (code, reason string) {
	for _, rule := range s.skipRules {
		if code, reason = rule(row, key, state); code != "" {
			return code, reason
		}
	}
	return "", ""
}
