// Package campaign reads campaign files and makes each row's message.
//
// A campaign is one YAML file: what to send, to whom, from whom, how fast.
// [Load] reads it with its templates and reports everything that is wrong at
// once, each with line and column. [Campaign.Compile] binds the templates to
// the columns of a source, and the [Renderer] makes one message a row:
//
//	file -> Load -> Campaign -> Compile(header) -> Renderer -> Key, Render (a row)
//
// The package opens the campaign file and template files, and nothing else: it
// does not read the source, and it does not know the API.
//
// # Who it goes to
//
// to says Intercom's id and type of the contact, or an address by which it is
// found: an email address, or the workspace owner's own id (external_id). The
// package looks nobody up: [CompileOptions] has a function that knows. A source may
// be an [Audience] in the place of a file. What says who a row is, is part of the
// fingerprint (to, to.prefer, key); who is left out (unsubscribed) and the source
// are not.
//
// # Templates
//
// to.type, to.id, to.email, to.external_id, key, only, except, message.subject,
// message.from, send_window.timezone, the values of message.cc and message.bcc, and
// subject, from and when of a variant are Go templates (text/template).
// {{.first_name}} is the column first_name; a column "First Name" is
// {{.first_name}} too, or {{col "First Name"}}. {{.vars.event}} is the constant
// event under vars. In a JSONL source {{.company.name}} is a field of an object.
//
// message.body is a file or the text itself. One word, or a name that ends in
// .html, .md or .txt, is a file in the campaign's folder, else a shipped
// template, with its ending or without. Anything else is the text, best after a
// pipe; it is HTML if it has a tag, and plain text if not.
//
//	.html  html/template: each value is escaped for the place where it stands;
//	       comments are removed
//	.md    CommonMark with tables and bare links, made into HTML once; then as
//	       .html. Actions may stand in links, titles and code. HTML is allowed
//	.txt   text/template: values as they are. If the receiver may take the text
//	       for HTML, escape what a contact wrote: {{.name | html}}
//
// {{template "footer" .}} in a body takes footer.html (.md; .txt for a text)
// from the campaign's folder, its partials or layouts folder, or the shipped
// templates. A layout marks what a body may replace as {{block "main" .}}with
// its default{{end}}; the body has {{define "main"}}...{{end}} and then
// {{template "layout" .}}.
//
// Where contacts are found by an address, {{.contact.name}} is a field of the
// contact: id, role, email, external_id, name, phone, language_override,
// unsubscribed_from_emails, has_hard_bounced, marked_email_as_spam, created_at,
// updated_at, signed_up_at and last_seen_at (unix seconds, for date), and
// custom_attributes.NAME. to, key, only and except can't read it: who a row is must not change
// with what Intercom says. A contact that was not looked up yet shows as an
// ellipsis.
//
// # Variants
//
// variants are several wordings of the message, by name. Each may have a subject,
// a body and a from of its own, and has the message's for the others; the message
// may leave out what all of them have.
//
//	variants:
//	  a: {weight: 1}                       by weight; 1 if none says one
//	  b: {weight: 1, subject: "Have you seen this?"}
//	hold: 80%
//
//	variants:
//	  german: {when: '{{eq .lang "de"}}', subject: "Hallo", body: de.md}
//	  french: {when: '{{eq .lang "fr"}}', subject: "Bonjour", body: fr.md}
//	  else:                                all other rows
//
// By weight a row's variant is drawn from the campaign's name, its key and the
// variants' names, so it is the same in every run; a variant that is added takes
// rows from all others, and moves none between them. What a row was sent once, or
// failed with, it keeps ([Renderer.Variant]). By condition the first counts whose
// when renders true, by the rules of only and except; that no condition is true of
// a row is its error, without else. hold keeps a part of the rows
// back ([Renderer.Held]) and goes with weights. Names, weights, conditions and
// texts are parts of what is sent ([Campaign.Parts]); hold is not.
//
// # Who is left out
//
// only, except, sample and suppress leave rows out. They are no part of what is
// sent: the fingerprint does not have them, and they may change between runs.
// only and except must render true, yes or 1, or false, no, 0 or nothing; another
// result, or a field that is absent, is the row's error. The lists of suppress
// are not read here.
//
// # Absent, null, empty
//
// A column that a CSV source does not have is an error of Compile. A field
// that a JSONL row does not have, or has as null, is that row's error, unless
// the template asks for it: {{.nick | default "you"}}, {{if .nick}},
// {{with .nick}}; the same goes for fields of .contact, and for the constants under
// vars. An empty value is no error. A CSV has texts only, so {{if .active}} is true for the text false: write {{if eq .active "true"}},
// which is right for both.
//
// # Functions
//
// The value comes last, so that it can come through a pipe.
//
//	default "you" .name           .name, or "you" if it is absent, null or blank
//	upper .name, lower .name      in capitals, in small letters
//	title .name                   ANNA MÜLLER -> Anna Müller; McDonald stays
//	trim .name                    without blanks at the ends
//	truncate 20 .text             at most 20 characters, the last an ellipsis
//	date "2 January 2006" .day    a date; the layout is written as for Monday,
//	                              2 January 2006, 15:04:05, or is one of iso,
//	                              long, us, day, time
//	date "long" "Asia/Tokyo" .at  in a time zone; .at is RFC 3339, 2006-01-02,
//	                              2006-01-02 15:04[:05], or unix seconds
//	number .n                     1234567.5 -> 1,234,567.5
//	number 2 "de" .n              decimals and language are optional: 1.234.567,50
//	money "EUR" .amount           1234.5 -> €1,234.50
//	money "EUR" "de" .amount      1.234,50 €
//	plural "day" "days" .n        day if .n is 1, else days; .n may be a list
//	join ", " .tags               a, b, c
//	join ", " " and " .tags       a, b and c
//	col "Name With Spaces"        the column of this name
//	eq ne lt le gt ge             as numbers if both are numbers, else as texts;
//	                              eq takes several: {{if eq .plan "pro" "team"}}
//	and or not len index slice    Go's own
//	print printf html urlquery    Go's own
package campaign
