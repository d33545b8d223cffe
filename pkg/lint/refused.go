package lint

import (
	"errors"
	"strings"

	"github.com/herald-campaigns/herald/pkg/campaign"
	"github.com/herald-campaigns/herald/pkg/source"
)

// Refused returns the finding of a row that could not be read or rendered, or
// has no key: err is a *source.RowError or a *campaign.RenderError, or any other
// that rendering ended with. row is nil where the row could not be read.
func (l *Linter) Refused(row *source.Recipient, line int, err error) Finding {
	var unreadable *source.RowError
	var render *campaign.RenderError
	switch {
	case errors.As(err, &unreadable):
		f := finding(readKind(unreadable.Kind), line, "", "", unreadable.Reason)
		f.Column = unreadable.Column
		return f
	case errors.As(err, &render):
		return l.unrendered(row, line, render)
	}
	return finding(TemplateFails, line, "", "", "the message can't be made of this row")
}

// readKind is a kind of package source. What that calls a duplicate key is a name
// that an object has twice.
func readKind(k source.RowKind) Kind {
	if k == source.DuplicateKey {
		return DuplicateName
	}
	return Kind(k)
}

func (l *Linter) unrendered(row *source.Recipient, line int, err *campaign.RenderError) Finding {
	k, reason := renderKind(err)
	f := finding(k, line, err.Field, "", reason)
	f.File, f.FileLine, f.FileColumn = err.File, err.Line, err.Column
	if f.Field == "" {
		f.Field = l.fieldAt(err)
	}
	if row != nil && f.Field != "" {
		f.Value = l.Value(row, f.Field)
		l.explainID(&f)
	}
	return f
}

// fieldAt returns the field that a template reads at or after the place where it
// failed, else the first that the setting reads.
func (l *Linter) fieldAt(err *campaign.RenderError) string {
	for _, u := range l.uses {
		if err.Kind == campaign.KindTemplate && u.File == err.File && u.Line == err.Line && u.Column >= err.Column {
			return u.Field
		}
	}
	if err.Kind == campaign.KindNoVariant {
		return l.firstCondition()
	}
	return l.firstField(err.Template)
}

// firstCondition returns the first field that the condition of a variant reads.
func (l *Linter) firstCondition() string {
	for _, u := range l.uses {
		if roleOf(u.Setting) == "message.when" {
			return u.Field
		}
	}
	return ""
}

// explainID says what is wrong with an id that can't be rendered, where the value
// itself tells more.
func (l *Linter) explainID(f *Finding) {
	if f.Kind == BadID && isSpreadsheetError(strings.TrimSpace(f.Value)) {
		f.Kind, f.Reason = SpreadsheetError, "is the error of a spreadsheet, not a value"
	}
}

// renderKind sorts what a renderer refuses, and says why without its values.
func renderKind(err *campaign.RenderError) (Kind, string) {
	switch err.Kind {
	case campaign.KindMissing:
		return MissingField, "is absent or null"
	case campaign.KindUnsafe:
		return BrokenPlace, "can't stand in this place of the HTML: a link must begin with https:, http: or mailto:"
	case campaign.KindNoValue:
		return BrokenPlace, "makes the message say <no value>"
	case campaign.KindAdmin:
		return BadSender, "is no admin of the workspace"
	case campaign.KindContact:
		return NoContact, "is the address of nobody in Intercom who can be sent to"
	case campaign.KindAmbiguous:
		return AmbiguousContact, err.Reason // role and id of each
	case campaign.KindTemplate:
		if function, _, called := strings.Cut(err.Reason, ":"); called && !strings.Contains(function, " ") {
			return TemplateFails, "is nothing that " + function + " can work with"
		}
		return TemplateFails, "can't be worked out for this row"
	}
	if err.Kind == campaign.KindInvalid && err.Field != "" {
		return TemplateFails, err.Reason // of what kind the value is, and not the value
	}
	empty := err.Kind == campaign.KindEmpty
	role := roleOf(err.Template)
	switch {
	case err.Kind == campaign.KindNoVariant:
		return NoVariant, "fits no variant: no condition is true of the row, and there is no variant " + campaign.Else
	case role == "only" || role == "except" || role == "message.when":
		return TemplateFails, "makes a condition neither true nor false"
	case strings.HasPrefix(err.Template, "message.cc") || strings.HasPrefix(err.Template, "message.bcc"):
		return BadCopy, either(empty, "is empty", "is no contact's type and id")
	case err.Template == "to.type":
		return BadType, either(empty, "is empty", "must be user or lead")
	case err.Template == "to.id" || err.Template == "key":
		return BadID, either(empty, "is empty", "can't be one: too long, or with control characters")
	case role == "to.email" || role == "to.external_id":
		return BadAddress, either(empty, "is empty", "can't be an address that a contact has")
	case role == "message.from":
		return BadSender, either(empty, "is empty", "must be the id or the email address of an admin")
	case role == "message.subject":
		return EmptySubject, "leaves the subject empty"
	case role == "message.body" && empty:
		return EmptyBody, "leaves the body empty"
	}
	return TemplateFails, "is not what its place needs"
}

func either(yes bool, then, otherwise string) string {
	if yes {
		return then
	}
	return otherwise
}
