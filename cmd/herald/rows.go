package main

import (
	"errors"
	"io"

	"github.com/herald-campaigns/herald/pkg/source"
)

// eachRow calls do with every row of the source that has a key. raw is the
// row's own text, valid until do returns.
func (s *session) eachRow(do func(key string, row *source.Recipient, raw []byte) error) error {
	rows, err := s.openSource()
	if err != nil {
		return err
	}
	defer rows.Close()
	return eachSourceRow(rows, func(row *source.Recipient) error {
		key, err := s.renderer.Key(row)
		if err != nil {
			return nil
		}
		return do(key, row, rows.Raw())
	}, func(*source.RowError) {})
}

// eachSourceRow calls do with every row that can be read, and bad with what is
// wrong with each other one.
func eachSourceRow(rows *source.Reader, do func(*source.Recipient) error, bad func(*source.RowError)) error {
	for {
		row, err := rows.Next()
		var unread *source.RowError
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case errors.As(err, &unread):
			bad(unread)
			continue
		case err != nil:
			return err
		}
		if err := do(row); err != nil {
			return err
		}
	}
}
