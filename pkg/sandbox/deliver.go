package sandbox

import (
	"io"
	"net/http"
	"strconv"
	"time"
)

// maxBody is the longest request body that is read, in bytes.
const maxBody = 4 << 20

// messageAnswer is the documented answer to POST /messages. Its message_type
// is "inapp", whichever spelling was sent.
type messageAnswer struct {
	Type           string    `json:"type"`
	ID             string    `json:"id"`
	CreatedAt      int64     `json:"created_at"`
	Subject        string    `json:"subject,omitempty"`
	Body           string    `json:"body"`
	MessageType    string    `json:"message_type"`
	Owner          adminItem `json:"owner"`
	ConversationID string    `json:"conversation_id,omitempty"`
}

// createMessage reads a message, lets a fault strike, and delivers it.
func (s *Sandbox) createMessage(r request) *answer {
	body, err := readBody(r.Request)
	if err != nil {
		return s.refuse(&r, &refusal{400, "bad_request", "the body could not be read", ""})
	}
	m, refused := readMessage(body, r.version)
	if refused != nil {
		return s.refuse(&r, refused)
	}
	number, try := s.tally.ask(m.to, r.at)
	fault := s.strike(m.to[0].id, number, try)
	if fault == nil {
		return s.judgeMessage(&r, m, body)
	}
	s.tally.fault(fault.label())
	var reply *answer
	if fault.taken() {
		reply = s.judgeMessage(&r, m, body)
	}
	return fault.answer(reply, r.id)
}

func readBody(r *http.Request) ([]byte, error) {
	limited := http.MaxBytesReader(nil, r.Body, maxBody)
	if r.ContentLength < 0 || r.ContentLength > maxBody {
		return io.ReadAll(limited)
	}
	body := make([]byte, r.ContentLength)
	_, err := io.ReadFull(limited, body)
	return body, err
}

// strike returns the first fault that applies, nil if none does.
func (s *Sandbox) strike(id string, number int64, try int) *Fault {
	for i := range s.options.Faults {
		if fault := &s.options.Faults[i]; fault.hits(s.options.Seed, i, id, number, try) {
			return fault
		}
	}
	return nil
}

// judgeMessage looks sender and recipients up, and delivers the message or
// refuses it: a group message whole, as soon as one of its recipients is refused.
func (s *Sandbox) judgeMessage(r *request, m *message, body []byte) *answer {
	sender := s.findAdmin(m.from)
	if sender == nil {
		return s.refuse(r, adminNotFound("from"))
	}
	for _, to := range m.to {
		if refused := s.stateOf(to.id, r.at).refuse(m.email); refused != nil {
			return s.refuse(r, refused)
		}
	}
	return s.deliver(r, m, sender, body)
}

// stateOf is the state of a contact who was just asked for: whoever is too
// new grows up.
func (s *Sandbox) stateOf(id string, now time.Time) State {
	contacts := &s.options.Contacts
	state := s.contactState(id, now)
	if state != TooNew {
		return state
	}
	tries, age := s.tally.history(id, now)
	if contacts.matured(tries, age) {
		return Known
	}
	return TooNew
}

func (s *Sandbox) deliver(r *request, m *message, sender *Admin, body []byte) *answer {
	id := s.tally.deliver(m.to, body)
	s.keep(newLetter(id, r.at, m, sender), m.conversation)
	reply := messageAnswer{
		Type:        "admin_message",
		ID:          messageID(id),
		CreatedAt:   r.at.Unix(),
		Subject:     m.subject,
		Body:        m.body,
		MessageType: "inapp",
		Owner:       sender.item(),
	}
	if m.email {
		reply.MessageType = "email"
	}
	if m.conversation {
		reply.ConversationID = conversationID(id)
	}
	return jsonAnswer(http.StatusOK, reply)
}

// keep puts a message where the page, and searches for conversations, find it.
func (s *Sandbox) keep(l *letter, conversation bool) {
	s.inbox.add(l)
	delay, replies := s.options.Replies.to(s.options.Seed, l.To[0])
	if conversation {
		s.threads.open(l, l.At)
	}
	if replies {
		s.threads.reply(l, l.At.Add(delay))
	}
}

func messageID(id uint64) string { return strconv.FormatUint(id, 10) }

// conversationID differs from the message's id, so that nobody mixes them up.
func conversationID(id uint64) string { return strconv.FormatUint(id+600_000_000, 10) }

// answer turns the honest answer (nil if the message was not judged) into what
// the client gets to see.
func (f *Fault) answer(honest *answer, requestID string) *answer {
	switch f.Kind {
	case FaultSlow:
		honest.delay = f.Delay
	case FaultResetBefore, FaultResetAfter:
		return &answer{reset: true}
	case FaultCut:
		honest.cut = true
	case FaultEmpty:
		honest.body, honest.contentType = nil, ""
	case FaultNotJSON:
		page := "<!DOCTYPE html><title>Gateway</title><h1>Something is in the way</h1>\n"
		return &answer{status: f.status(), body: []byte(page), contentType: "text/html; charset=utf-8"}
	default:
		return f.refusal().answer(requestID)
	}
	return honest
}

// refusal is the documented error for an injected status.
func (f *Fault) refusal() *refusal {
	switch status := f.status(); status {
	case 408:
		return &refusal{status, "request_timeout", "The server would not wait any longer", ""}
	case 409:
		return &refusal{status, "conflict", "The resource is in use", ""}
	case 429:
		return &refusal{status, "too_many_requests", "Too many requests for this resource", ""}
	case 503:
		return &refusal{status, "service_unavailable", "Sorry, the API service is temporarily unavailable", ""}
	case 504:
		return &refusal{status, "request_timeout", "The request took too long", ""}
	default:
		if status < 500 {
			return &refusal{status, "client_error", "Something is wrong with the request", ""}
		}
		return &refusal{status, "server_error", "An unexpected error occurred", ""}
	}
}
