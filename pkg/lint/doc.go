// Package lint finds what a person would regret in a campaign: in the fixed
// texts of its templates, in a row, and in the message made of it.
//
//	linter := lint.New(campaign, renderer, header)
//	linter.Fixed(rows)               // once: what is wrong with every message
//	linter.Row(row, message)         // each row that was rendered
//	linter.Refused(row, line, err)   // each row that was not: it could not be read or rendered
//
// Of a campaign with variants, a row and its message are for linter.Variant(name).
//
// What every message shares is judged once; a row is judged by the values that
// its templates read, since nothing else differs: a few passes over short texts,
// without an allocation where nothing is found. [Addresses], [Bodies] and [Shapes]
// look at all rows together.
//
// # Kinds
//
// An error is a row that can't be sent, or that nobody could mean to send: it is
// certain. A warning may be what was meant: whoever sends decides. A rule that
// only mostly holds is therefore a warning, however bad what it finds may be.
//
// Errors of a row:
//
//	ragged stray_quote open_quote too_long    the row can't be read (CSV), see package source
//	not_json not_object duplicate_name        the row can't be read (JSONL)
//	missing_field       JSONL: a field that a template uses is absent or null, without default
//	broken_place        a value can't stand in its place of the HTML (ZgotmplZ), or prints <no value>
//	bad_id              an id or key is empty, too long, or has blanks, an @ or other characters that no id has
//	bad_address         to.email is no address, or to.external_id is empty
//	no_contact          nobody in Intercom has the address, or the contact is neither user nor lead
//	ambiguous_contact   several contacts have the address, and to.prefer does not say which is meant
//	bad_type            to.type is not user or lead
//	bad_sender          from is no admin's id or address
//	bad_copy            a cc or bcc is no contact
//	id_as_number        an id in the notation of a spreadsheet, 6.76E+22 or 12.0: its digits are lost
//	spreadsheet_error   #REF!, #N/A, #VALUE! and so on, also in German, French and Spanish
//	empty_subject empty_body                  nothing to read; a body of tags alone, too
//	placeholder         {{name}}, [[name]], ${name}, *|FNAME|*, %FIRST_NAME%, [First Name]: never filled in
//	no_variant          no variant's condition is true of the row, and there is no variant else
//	template_fails      a function of the template can't work with a value
//
// Warnings of a row:
//
//	empty_field         a field is empty and the template makes no provision: "Hi ,"
//	null_text           null, NULL, undefined, NaN, None: a program wrote them, not a person
//	damaged_number      6.3E+09 in a text: a telephone number, once
//	lost_zeros          an id of digits alone, shorter than those that begin with 0 or than nearly all others
//	bad_email           an address in a column of email addresses, or that to.email reads, that can't be one
//	mojibake            UTF-8 read as Windows-1252: MÃ¼ller, itâ€™s; and U+FFFD
//	control_characters  they don't show, or break a subject into lines
//	bidi                U+202A..E, U+2066..9: they reorder what is read (Unicode report 9, 2.1 to 2.4)
//	bad_link            a link that can't be followed: no host, a blank, localhost
//	insecure_link       http:// and not https://
//	long_subject        more than 150 characters: inboxes show about half of that
//	long_body           more than 100,000 bytes: Gmail clips an email at about 102 KB
//	shouting            a subject in capitals
//	filler              lorem ipsum, TODO, FIXME
//	duplicate_key       an earlier row has the same key: this one is skipped
//	one_email_many_ids  an earlier row has the same address under another key: one person, two messages
//
// Of the campaign, with the place in its files; those above, where a fixed text
// has them, too:
//
//	no_opt_out           an email says nowhere how to get no more of them. purpose: marketing makes
//	                     it an error, as the law does in most places (GDPR article 21(2), CAN-SPAM
//	                     15 U.S.C. 7704(a)(3)), purpose: service silences it
//	many_copies          cc or bcc is the same for 100 or more messages: one person gets all of them
//	opens_conversations  100 or more messages open a conversation each, at once
//	all_alike            all bodies are equal, though the template has fields
//
// # What is exact
//
// All but these: one_email_many_ids looks at all of up to 524,288 different
// addresses, and at a fixed part of them beyond that, by their hashes (see
// [Addresses]); all_alike compares whole bodies; lost_zeros, mojibake, filler and
// no_opt_out go by how such texts usually look.
package lint
