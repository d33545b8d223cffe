package sender

import (
	"errors"
	"net/http"
	"strings"

	"github.com/herald-campaigns/herald/pkg/intercom"
	"github.com/herald-campaigns/herald/pkg/ledger"
	"github.com/herald-campaigns/herald/pkg/report"
)

// Codes of outcomes for which the API gave none.
const (
	Panic        = "panic"        // the program itself failed
	NoAnswer     = "no_answer"    // the request left, and no answer came back
	OddAnswer    = "odd_answer"   // a success that is not the API's, as of a proxy's page
	Unsubscribed = "unsubscribed" // the contact does not want emails
)

// outcome returns the outcome of a POST that was answered, or may have been
// taken without an answer.
func outcome(class intercom.Class, r intercom.Receipt, err error) ledger.Outcome {
	if class == intercom.Sent {
		return ledger.Outcome{Status: ledger.Sent, MessageID: r.ID, MessageType: r.MessageType,
			ConversationID: r.ConversationID, CreatedAt: r.CreatedAt, HTTPStatus: r.Status, RequestID: r.RequestID}
	}
	var answer *intercom.Error
	if !errors.As(err, &answer) {
		return ledger.Outcome{Status: ledger.Unknown, Code: NoAnswer, ErrorMessage: err.Error()}
	}
	o := ledger.Outcome{Status: ledger.Failed, Code: answer.Code, HTTPStatus: answer.Status,
		ErrorField: answer.Field, ErrorMessage: answer.Message, RequestID: answer.RequestID}
	switch {
	case class == intercom.Unknown:
		o.Status = ledger.Unknown
		if o.Code == "" {
			o.Code = unknownCode(answer)
		}
	case answer.Unsubscribed():
		o.Status, o.Code = ledger.Skipped, Unsubscribed
	}
	return o
}

func unknownCode(answer *intercom.Error) string {
	switch {
	case answer.Status == 0:
		return NoAnswer
	case answer.Status < 300:
		return OddAnswer
	}
	return strings.ToLower(strings.ReplaceAll(http.StatusText(answer.Status), " ", "_"))
}

// Row returns what the results file says of an outcome.
func Row(e ledger.Entry) report.Row {
	return report.Row{
		Key: e.Key, Line: e.Line, Status: e.Status.String(), Code: e.Code,
		MessageID: e.MessageID, MessageType: e.MessageType, Variant: e.Variant,
		ConversationID: e.ConversationID, CreatedAt: e.CreatedAt,
		HTTPStatus: e.HTTPStatus, ErrorField: e.ErrorField, ErrorMessage: e.ErrorMessage,
		RequestID: e.RequestID, Attempts: e.Attempts, DurationMS: e.Duration.Milliseconds(),
		FinishedAt: e.FinishedAt,
	}
}
