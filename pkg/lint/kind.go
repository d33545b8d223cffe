package lint

import "slices"

// A Kind says what is wrong; its text is stable, for scripts to go by. The
// package comment describes each.
type Kind string

// The kinds of which a row is at fault and can't be sent, or must not be.
const (
	Ragged           Kind = "ragged"
	StrayQuote       Kind = "stray_quote"
	OpenQuote        Kind = "open_quote"
	TooLong          Kind = "too_long"
	NotJSON          Kind = "not_json"
	NotObject        Kind = "not_object"
	DuplicateName    Kind = "duplicate_name"
	MissingField     Kind = "missing_field"
	BrokenPlace      Kind = "broken_place"
	BadID            Kind = "bad_id"
	BadAddress       Kind = "bad_address"
	NoContact        Kind = "no_contact"
	AmbiguousContact Kind = "ambiguous_contact"
	BadType          Kind = "bad_type"
	BadSender        Kind = "bad_sender"
	BadCopy          Kind = "bad_copy"
	IDAsNumber       Kind = "id_as_number"
	SpreadsheetError Kind = "spreadsheet_error"
	EmptySubject     Kind = "empty_subject"
	EmptyBody        Kind = "empty_body"
	Placeholder      Kind = "placeholder"
	NoVariant        Kind = "no_variant"
	TemplateFails    Kind = "template_fails"
)

// The kinds that may be what was meant.
const (
	EmptyField         Kind = "empty_field"
	NullText           Kind = "null_text"
	DamagedNumber      Kind = "damaged_number"
	LostZeros          Kind = "lost_zeros"
	BadEmail           Kind = "bad_email"
	Mojibake           Kind = "mojibake"
	ControlCharacters  Kind = "control_characters"
	Bidi               Kind = "bidi"
	BadLink            Kind = "bad_link"
	InsecureLink       Kind = "insecure_link"
	LongSubject        Kind = "long_subject"
	LongBody           Kind = "long_body"
	Shouting           Kind = "shouting"
	Filler             Kind = "filler"
	DuplicateKey       Kind = "duplicate_key"
	OneEmailManyIDs    Kind = "one_email_many_ids"
	NoOptOut           Kind = "no_opt_out"
	ManyCopies         Kind = "many_copies"
	OpensConversations Kind = "opens_conversations"
	AllAlike           Kind = "all_alike"
)

// kinds is every kind, errors first, in the order in which people are told.
var kinds = []Kind{
	Ragged, StrayQuote, OpenQuote, TooLong, NotJSON, NotObject, DuplicateName,
	MissingField, BrokenPlace, BadID, BadAddress, NoContact, AmbiguousContact, BadType, BadSender, BadCopy, IDAsNumber,
	SpreadsheetError, EmptySubject, EmptyBody, Placeholder, NoVariant, TemplateFails,
	NoOptOut, AllAlike, ManyCopies, OpensConversations, DuplicateKey, OneEmailManyIDs,
	EmptyField, NullText, DamagedNumber, LostZeros, BadEmail, Mojibake,
	ControlCharacters, Bidi, BadLink, InsecureLink, LongSubject, LongBody, Shouting, Filler,
}

// Kinds returns every kind, errors first.
func Kinds() []Kind { return slices.Clone(kinds) }

// A Severity says whether something may be sent.
type Severity string

// The severities.
const (
	Warning Severity = "warning" // may be what was meant
	Error   Severity = "error"   // can't be sent, or can't be meant
)

// Severity returns how bad a kind is. That of NoOptOut depends on the
// campaign's purpose: see Finding.
func (k Kind) Severity() Severity {
	if slices.Index(kinds, k) <= slices.Index(kinds, TemplateFails) {
		return Error
	}
	return Warning
}

// A Finding is one thing wrong with a row, or with every message.
type Finding struct {
	Kind     Kind
	Severity Severity
	Line     int    // of the row, as in source.Recipient; 0: of the campaign
	Field    string // the field at fault; empty if none is
	Value    string // what is there; contact data, where there is a Line
	Reason   string // a clause in lower case; quotes no values

	// File, FileLine and FileColumn are where the template or setting stands that
	// is at fault, as in campaign.Problem; zero if none is. Column of a RowError.
	File                 string
	FileLine, FileColumn int
	// Column is the character in Line at which reading the row stopped; 0: see the
	// field's own place.
	Column int
}

func finding(k Kind, line int, field, value, reason string) Finding {
	return Finding{Kind: k, Severity: k.Severity(), Line: line, Field: field, Value: value, Reason: reason}
}
