package sandbox

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// FaultKind names what goes wrong with a POST /messages.
type FaultKind string

const (
	// FaultStatus answers Status with a documented error and takes nothing,
	// unless Taken is set.
	FaultStatus FaultKind = "status"
	// FaultSlow delays the answer by Delay; the message is judged as usual.
	FaultSlow FaultKind = "slow"
	// FaultResetBefore resets the connection; the message was not taken.
	FaultResetBefore FaultKind = "reset-before"
	// FaultResetAfter judges the message as usual, and resets the connection
	// instead of answering.
	FaultResetAfter FaultKind = "reset-after"
	// FaultCut judges the message as usual, announces the answer's whole length
	// and closes the connection after half of it.
	FaultCut FaultKind = "cut"
	// FaultNotJSON answers an HTML page with Status (502 by default), as a
	// proxy does; with 200 it is the log-in page of a hotel's network. Nothing
	// is taken, unless Taken is set.
	FaultNotJSON FaultKind = "not-json"
	// FaultEmpty judges the message as usual, but answers with the status
	// alone: neither body nor Content-Type.
	FaultEmpty FaultKind = "empty"
)

// Fault is one kind of trouble and how often it strikes. It strikes a request
// if any of First, IDs and Share says so.
type Fault struct {
	Kind FaultKind
	// Status is the answer of FaultStatus (default 500) and FaultNotJSON.
	Status int
	// Taken delivers the message although the answer says otherwise.
	Taken bool
	// Delay is how long FaultSlow waits beyond the latency.
	Delay time.Duration

	// First strikes the first so many well-formed messages, whoever they are for.
	First int
	// IDs strikes messages to these contacts.
	IDs []string
	// Share strikes this part (0 to 1) of all messages, picked by seed, contact
	// and how often the contact was written to before: a repeat may get through.
	Share float64
	// Times, if positive, spares a contact after so many messages to it.
	Times int
}

// hits reports whether the fault, the index-th of its list, strikes the
// request that is the nth message of all and the try-th (from 0) to id.
func (f *Fault) hits(seed uint64, index int, id string, n int64, try int) bool {
	if f.Times > 0 && try >= f.Times {
		return false
	}
	return n <= int64(f.First) || slices.Contains(f.IDs, id) ||
		f.Share > 0 && share(seed, "fault", id, uint64(index)<<32|uint64(try)) < f.Share
}

func (f *Fault) status() int {
	switch {
	case f.Status != 0:
		return f.Status
	case f.Kind == FaultNotJSON:
		return 502
	}
	return 500
}

// taken reports whether the message is judged as if nothing were wrong.
func (f *Fault) taken() bool {
	switch f.Kind {
	case FaultStatus, FaultNotJSON:
		return f.Taken
	case FaultResetBefore:
		return false
	}
	return true
}

// label is the fault's name in the witness: its kind, or its status.
func (f *Fault) label() string {
	if f.Kind == FaultStatus {
		return strconv.Itoa(f.status())
	}
	return string(f.Kind)
}

// ParseFault reads the short form of a Fault, as a command line has it:
//
//	KIND=WHEN      KIND is a status from 400 to 599 or the name of a FaultKind;
//	               "slow:3s" has its delay, "not-json:200" its status, and
//	               "+taken" may follow a status or not-json
//	               WHEN is a share ("1%" or "0.01"), "first:20" or "id:7f3a"
//
// Examples: 503=1%, 500+taken=first:3, reset-after=0.5%, slow:3s=2%.
func ParseFault(text string) (Fault, error) {
	what, when, found := strings.Cut(text, "=")
	if !found {
		return Fault{}, fmt.Errorf("parse fault %q: no = in it", text)
	}
	var fault Fault
	if err := fault.parseKind(what); err != nil {
		return Fault{}, fmt.Errorf("parse fault %q: %w", text, err)
	}
	if err := fault.parseWhen(when); err != nil {
		return Fault{}, fmt.Errorf("parse fault %q: %w", text, err)
	}
	return fault, nil
}

func (f *Fault) parseKind(text string) (err error) {
	text, f.Taken = strings.CutSuffix(text, "+taken")
	name, detail, detailed := strings.Cut(text, ":")
	f.Kind = FaultKind(name)
	switch f.Kind {
	case FaultSlow:
		f.Delay, err = time.ParseDuration(detail)
		if err != nil || f.Delay <= 0 {
			return fmt.Errorf("slow needs a delay, as in slow:3s")
		}
	case FaultNotJSON:
		if detailed {
			f.Status, err = parseStatus(detail, 200)
		}
	case FaultResetBefore, FaultResetAfter, FaultCut, FaultEmpty:
	default:
		f.Kind = FaultStatus
		f.Status, err = parseStatus(text, 400)
	}
	if err == nil && f.Taken && f.Kind != FaultStatus && f.Kind != FaultNotJSON {
		return fmt.Errorf("+taken goes with a status or not-json only")
	}
	return err
}

func parseStatus(text string, least int) (int, error) {
	status, err := strconv.Atoi(text)
	if err != nil || status < least || status > 599 {
		return 0, fmt.Errorf("%q is neither a known kind nor a status from %d to 599", text, least)
	}
	return status, nil
}

func (f *Fault) parseWhen(text string) error {
	if id, found := strings.CutPrefix(text, "id:"); found && id != "" {
		f.IDs = []string{id}
		return nil
	}
	if count, found := strings.CutPrefix(text, "first:"); found {
		n, err := strconv.Atoi(count)
		if err != nil || n < 1 {
			return fmt.Errorf("%q is not a count", count)
		}
		f.First = n
		return nil
	}
	number, percent := strings.CutSuffix(text, "%")
	value, err := strconv.ParseFloat(number, 64)
	if percent {
		value /= 100
	}
	if err != nil || !(value > 0 && value <= 1) {
		return fmt.Errorf("%q is not a share such as 1%%, first:20 or id:7f3a", text)
	}
	f.Share = value
	return nil
}
