package main

import (
	"context"
	"errors"
	"io"

	"github.com/herald-campaigns/herald/pkg/ledger"
	"github.com/herald-campaigns/herald/pkg/lint"
	"github.com/herald-campaigns/herald/pkg/source"
)

// errEnough ends a pass over the source before its end.
var errEnough = errors.New("enough was seen")

// A visitor is shown the findings of one row, and the row as it stands in the
// source; errEnough ends the revisit.
type visitor func(found []lint.Finding, rows *source.Reader) error

// revisit reads the source again and judges the rows anew that have findings, one
// after another and in order. So what a check keeps in memory does not grow with
// what it finds, and yet every place and value can be shown.
func (e *examiner) revisit(ctx context.Context, complete int, show visitor) error {
	opened, err := e.open()
	if err != nil {
		return err
	}
	defer opened.Close()
	rows := opened.(*watchedSource)
	for ctx.Err() == nil {
		row, err := rows.Next()
		var bad *source.RowError
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case errors.As(err, &bad):
			err = show([]lint.Finding{e.linter.Refused(nil, bad.Line, err)}, rows.Reader)
		case err != nil:
			return err
		default:
			if found := e.again(row, complete); len(found) > 0 {
				err = show(found, rows.Reader)
			}
		}
		if errors.Is(err, errEnough) {
			return nil
		}
		if err != nil {
			return err
		}
	}
	return ctx.Err()
}

// again returns what is wrong with a row that was read.
func (e *examiner) again(row *source.Recipient, complete int) (found []lint.Finding) {
	line := row.Line
	if e.doubles.has(line) {
		found = append(found, e.about(row, lint.DuplicateKey, e.linter.KeyField(), "has the key of an earlier row"))
	}
	if e.clashes.has(line) {
		found = append(found, e.about(row, lint.OneEmailManyIDs, e.linter.AddressField(), "is in an earlier row, under another key"))
	}
	if e.flagged.has(line) {
		found = append(found, e.flaws(row)...)
	}
	if e.numbers.has(line) {
		if key, err := e.renderer.Key(row); err == nil && lint.Lost(key, complete) {
			found = append(found, e.about(row, lint.LostZeros, e.linter.KeyField(), "is a number shorter than the others: without its leading zeros?"))
		}
	}
	return found
}

// flaws judges a row by itself, as the first pass did.
func (e *examiner) flaws(row *source.Recipient) []lint.Finding {
	key, err := e.renderer.Key(row)
	if err != nil {
		return []lint.Finding{e.linter.Refused(row, row.Line, err)}
	}
	_, _, found := e.judge(row, e.variantOf(row, key))
	return found
}

// variantOf returns the variant that is on record of a row, as the engine finds it.
func (e *examiner) variantOf(row *source.Recipient, key string) string {
	state := e.book.Lookup(key)
	if state.Status != ledger.Pending || e.former == nil {
		return state.Variant
	}
	if was := e.book.Lookup(e.former(row)); was.Status == ledger.Failed && e.pick(was) {
		return was.Variant
	}
	return state.Variant
}

// about is a finding of a row among others.
func (e *examiner) about(row *source.Recipient, k lint.Kind, field, reason string) lint.Finding {
	return lint.Finding{Kind: k, Severity: k.Severity(), Line: row.Line, Field: field,
		Value: e.linter.Value(row, field), Reason: reason}
}
