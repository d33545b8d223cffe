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
	for {
		row, err := rows.Next()
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case errors.As(err, new(*source.RowError)):
			continue
		case err != nil:
			return err
		}
		key, err := s.renderer.Key(row)
		if err != nil {
			continue
		}
		if err := do(key, row, rows.Raw()); err != nil {
			return err
		}
	}
}
