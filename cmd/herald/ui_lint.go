package main

import (
	"fmt"

	"github.com/herald-campaigns/herald/pkg/lint"
	"github.com/herald-campaigns/herald/pkg/report"
)

// words are what a kind of finding means, and what to do about it.
type words struct{ what, advice string }

// kindWords puts a kind into words; n is how many there are, of so many rows.
func kindWords(k lint.Kind, n, rows int) (what, advice string) {
	w, ok := lintWords[k]
	if !ok {
		return string(k), "look at the row with: herald preview"
	}
	if k == lint.DuplicateKey && n > 1 && n*10 >= rows {
		return fmt.Sprintf("%s of %s rows have the key of an earlier row: is key right?", report.Number(n), report.Number(rows)),
			"key must tell people apart: name a column that is different for each of them, or leave key out for to.id"
	}
	return w.what, w.advice
}

const asInSource = "correct it where the list comes from, and export again: in a file that was damaged the digits are gone"

var lintWords = map[lint.Kind]words{
	lint.Ragged:        {"more or fewer columns than the header", "give the row all columns, and put quotes around a value that holds the delimiter"},
	lint.StrayQuote:    {"a quote where none can be", `write a quote within a value twice, and put the value in quotes: "5"" pipe"`},
	lint.OpenQuote:     {"a quote that is never closed", "close it, or remove it"},
	lint.TooLong:       {"a row that is too long", "look for a quote that is never closed"},
	lint.NotJSON:       {"not JSON", "correct the line at the column named"},
	lint.NotObject:     {"not a JSON object", "each line must be one object: {...}"},
	lint.DuplicateName: {"a JSON name twice", "remove one of the two"},

	lint.MissingField:     {"a field is absent or null", `give the row the field, or say what to do without it: {{.name | default "there"}}`},
	lint.BrokenPlace:      {"a value can't stand in its place", "correct the value, or the template"},
	lint.BadID:            {"no usable id or key", "give the row the id that Intercom shows for the contact"},
	lint.BadAddress:       {"no usable address", "give the row the email address, or the external id, that Intercom shows for the contact"},
	lint.NoContact:        {"no contact to send to", "correct the address, or add the contact in Intercom; herald contacts shows who was found"},
	lint.AmbiguousContact: {"several contacts have the address", "say which is meant with to.prefer: user, lead or newest; herald contacts names them"},
	lint.BadType:          {"neither user nor lead", "give the row one of the two, or write it into to.type"},
	lint.BadSender:        {"no admin as sender", "give the row the id or the email address of an admin of the workspace"},
	lint.BadCopy:          {"a cc or bcc that is no contact", "give it type and id of a contact, or leave the id empty"},
	lint.IDAsNumber:       {"an id that became a number", asInSource},
	lint.SpreadsheetError: {"a spreadsheet's error in the place of a value", "correct the formula in the spreadsheet, and export again"},
	lint.EmptySubject:     {"an empty subject", `fill in the field, or say what to do without it: {{.topic | default "News"}}`},
	lint.EmptyBody:        {"nothing to read in the body", "fill in the field, or correct the template"},
	lint.Placeholder:      {"a placeholder that was never filled in", "fill it in; in herald's own templates a column is written {{.first_name}}"},
	lint.NoVariant:        {"no variant is for the row", "add a variant else, for all that no condition is true of; or correct the row"},
	lint.TemplateFails:    {"the template can't work with a value", "look at the row with herald preview, and correct the value or the template"},

	lint.NoOptOut:           {"the email does not say how to get no more of them", "add a line on how to unsubscribe; or say purpose: service in the campaign, if people can't refuse it"},
	lint.AllAlike:           {"all messages are equal, though the template has fields", "look at the fields' columns: are they empty, or the wrong ones?"},
	lint.ManyCopies:         {"one contact gets a copy of every message", "leave cc and bcc out, or make them depend on the row"},
	lint.OpensConversations: {"every message opens a conversation at once", "leave create_conversation_without_contact_reply out: a conversation opens when somebody replies"},
	lint.DuplicateKey:       {"an earlier row has the same key", "nothing needs to be done: it is skipped, and the first row is sent"},
	lint.OneEmailManyIDs:    {"one email address under several keys", "keep one row of each person, or they get the message twice"},
	lint.EmptyField:         {"a field is empty", `fill it in, or say what to do without it: {{.first_name | default "there"}}`},
	lint.NullText:           {"a word for nothing in the place of a value", "leave the value empty, and use default in the template"},
	lint.DamagedNumber:      {"a number in a spreadsheet's notation", asInSource},
	lint.LostZeros:          {"a key that may have lost its leading zeros", asInSource},
	lint.BadEmail:           {"no email address", "correct it, if it is used"},
	lint.Mojibake:           {"text that was read in the wrong encoding", "export the list again as UTF-8, and check encoding: in the campaign"},
	lint.ControlCharacters:  {"characters that don't show", "remove them; in a template, | trim removes those at the ends"},
	lint.Bidi:               {"characters that change the order of others", "remove them, unless the text is in Arabic or Hebrew"},
	lint.BadLink:            {"a link that can't be followed", "correct it: a link begins with https:// and a host"},
	lint.InsecureLink:       {"a link without https", "write https://"},
	lint.LongSubject:        {"a subject of more than 150 characters", "shorten it; in a template, truncate 60 does"},
	lint.LongBody:           {"a body of more than 100,000 bytes", "shorten it: Gmail cuts off the end of an email of more than 102 KB, opt-out text and all"},
	lint.Shouting:           {"a subject in capitals", "write it in small letters; in a template, title makes ANNA Anna"},
	lint.Filler:             {"text that was to be replaced", "replace it"},
}
