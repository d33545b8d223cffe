package sandbox

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"iter"
	"maps"
	"sync"
	"time"
)

// Witness is what the sandbox can swear to since it began or was reset. All
// numbers are of one moment.
type Witness struct {
	// Requests to the API that arrived, of every kind and with every answer.
	Requests int64 `json:"requests"`
	// Endpoints counts the same requests by what they asked for, as "POST
	// /messages", "GET /admins/{id}", and "/" for what the API does not have.
	Endpoints map[string]int64 `json:"endpoints"`
	// Messages that were taken; a group message is one.
	Messages int64 `json:"messages"`
	// Recipients who were delivered at least one message.
	Recipients int64 `json:"recipients"`
	// Duplicates are recipients who were delivered more than one message.
	Duplicates int64 `json:"duplicates"`
	// Throttled requests were answered 429 because the window was full.
	Throttled int64 `json:"throttled"`
	// Refused counts the other documented errors as "404 not_found"; those that
	// were injected are in Faults only.
	Refused map[string]int64 `json:"refused"`
	// Faults counts what was injected, by kind; FaultStatus by its status.
	Faults map[string]int64 `json:"faults"`
	// MostInWindow is the greatest number of requests whose arrivals lie less
	// than one window's length (10 s) apart. It is exact; throttled requests count.
	MostInWindow int `json:"most_in_window"`
	// First and Last are the arrivals of the first and the last request.
	First time.Time `json:"first"`
	Last  time.Time `json:"last"`
	// Digest, 64 hex digits, stands for the bodies of all messages taken, byte
	// by byte but in any order: the sum of their SHA-256, in four lanes of 64
	// bits. Two runs have the same digest if they made the same requests.
	Digest string `json:"digest"`
}

// Delivery is what one recipient got.
type Delivery struct {
	ID        string `json:"id"`
	Count     int    `json:"count"`
	MessageID string `json:"message_id"` // of the last one
}

// tally is the memory behind Witness, the window and the contacts' ages. One
// short lock holds it together: counts that are taken in one piece can't
// contradict each other.
type tally struct {
	mu      sync.Mutex
	window  window
	latest  time.Time // no arrival is earlier than the one before
	people  map[string]person
	recent  arrivals
	witness Witness
	lanes   [4]uint64
	number  int64 // well-formed messages
	last    uint64
}

// person is what is remembered about a contact, for ever and so in 24 bytes.
type person struct {
	firstAsked int64 // unix nanoseconds
	lastID     uint64
	asked      uint32
	delivered  uint32
}

// arrive counts a request to an endpoint and takes its place in the window.
func (t *tally) arrive(clock func() time.Time, endpoint string) (now time.Time, number int64, budget standing) {
	t.mu.Lock()
	defer t.mu.Unlock()
	now = clock()
	if now.Before(t.latest) {
		now = t.latest
	}
	t.latest = now
	w := &t.witness
	if w.Requests == 0 {
		w.First = now
	}
	w.Requests++
	w.Endpoints[endpoint]++
	w.Last = now
	t.recent.expire(now.UnixNano() - int64(t.window.length))
	t.recent.push(now.UnixNano())
	w.MostInWindow = max(w.MostInWindow, t.recent.len())
	if t.window.limit == 0 {
		return now, w.Requests, standing{in: true}
	}
	budget = t.window.take(now)
	if !budget.in {
		w.Throttled++
	}
	return now, w.Requests, budget
}

// ask notes that a well-formed message came in. It returns which one of all it
// is (from 1), and how often its first recipient was written to before.
func (t *tally) ask(to []recipient, now time.Time) (number int64, try int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.number++
	try = int(t.people[to[0].id].asked)
	for _, who := range to {
		someone := t.people[who.id]
		if someone.asked == 0 {
			someone.firstAsked = now.UnixNano()
		}
		someone.asked++
		t.people[who.id] = someone
	}
	return t.number, try
}

// history is how often a contact was asked for before the present request, and
// how long ago it was for the first time.
func (t *tally) history(id string, now time.Time) (tries int, age time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	someone := t.people[id]
	return int(someone.asked) - 1, time.Duration(now.UnixNano() - someone.firstAsked)
}

// asked is how often a contact was asked for until now, and how long ago it was
// for the first time.
func (t *tally) asked(id string, now time.Time) (tries int, age time.Duration) {
	tries, age = t.history(id, now)
	if tries++; tries == 0 {
		return 0, 0
	}
	return tries, age
}

// deliver records a message as taken and gives it its id.
func (t *tally) deliver(to []recipient, body []byte) (id uint64) {
	digest := sha256.Sum256(body)
	t.mu.Lock()
	defer t.mu.Unlock()
	t.witness.Messages++
	for lane := range t.lanes {
		t.lanes[lane] += binary.BigEndian.Uint64(digest[8*lane:])
	}
	t.last++
	for _, who := range to {
		someone := t.people[who.id]
		someone.delivered++
		someone.lastID = t.last
		t.people[who.id] = someone
		switch someone.delivered {
		case 1:
			t.witness.Recipients++
		case 2:
			t.witness.Duplicates++
		}
	}
	return t.last
}

func (t *tally) refuse(label string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.witness.Refused[label]++
}

func (t *tally) fault(label string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.witness.Faults[label]++
}

// reset forgets everything but the window and the next message's id.
func (t *tally) reset() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.people = map[string]person{}
	t.recent = arrivals{}
	t.witness = Witness{Endpoints: map[string]int64{}, Refused: map[string]int64{}, Faults: map[string]int64{}}
	t.lanes = [4]uint64{}
	t.number = 0
}

// Witness says what arrived until now.
func (s *Sandbox) Witness() Witness {
	t := &s.tally
	t.mu.Lock()
	defer t.mu.Unlock()
	w := t.witness
	w.Endpoints, w.Refused, w.Faults = maps.Clone(w.Endpoints), maps.Clone(w.Refused), maps.Clone(w.Faults)
	var digest []byte
	for _, lane := range t.lanes {
		digest = binary.BigEndian.AppendUint64(digest, lane)
	}
	w.Digest = hex.EncodeToString(digest)
	return w
}

// Delivered is how many messages the contact with this id was delivered.
func (s *Sandbox) Delivered(id string) int {
	s.tally.mu.Lock()
	defer s.tally.mu.Unlock()
	return int(s.tally.people[id].delivered)
}

// Deliveries yields what each recipient was delivered, in no order, as of one
// moment. Contacts who were written to in vain are not among them.
func (s *Sandbox) Deliveries() iter.Seq[Delivery] {
	return func(yield func(Delivery) bool) {
		s.tally.mu.Lock()
		people := maps.Clone(s.tally.people)
		s.tally.mu.Unlock()
		for id, someone := range people {
			if someone.delivered > 0 &&
				!yield(Delivery{id, int(someone.delivered), messageID(someone.lastID)}) {
				return
			}
		}
	}
}
