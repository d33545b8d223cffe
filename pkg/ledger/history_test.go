package ledger

import (
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"
)

// histories is how many random histories a test goes through; HERALD_TORTURE
// asks for the long form.
func histories(t *testing.T, short, long int) {
	n := short
	if os.Getenv("HERALD_TORTURE") != "" {
		n = long
	}
	before := flag.Lookup("rapid.checks").Value.String()
	t.Cleanup(func() { _ = flag.Set("rapid.checks", before) })
	if err := flag.Set("rapid.checks", strconv.Itoa(n)); err != nil {
		t.Fatal(err)
	}
}

// A step is one thing that happens in a history.
type step struct {
	What   string
	Key    int
	Choice int
}

var whats = []string{"claim", "claim", "claim", "claims", "settle", "settle", "release", "flush", "wait", "hand", "replace",
	"forget", "close", "kill", "power", "fail", "fail"}

var anyStep = rapid.Custom(func(t *rapid.T) step {
	return step{rapid.SampledFrom(whats).Draw(t, "what"), rapid.IntRange(0, 5).Draw(t, "key"), rapid.IntRange(0, 11).Draw(t, "choice")}
})

// TestHistories is promises 1 and 2 against a disk that forgets what it may:
// no POST without a claim that a power loss can't take back, no POST of a key
// that may have been written to, no status that nothing led to, none lost that
// was durable.
func TestHistories(t *testing.T) {
	histories(t, 500, 20_000)
	rapid.Check(t, func(rt *rapid.T) {
		seed := rapid.Uint64().Draw(rt, "seed")
		steps := rapid.SliceOfN(anyStep, 1, 60).Draw(rt, "steps")
		var err error
		synctest.Test(t, func(*testing.T) { err = newWorld(seed).live(steps) })
		if err != nil {
			rt.Fatal(err)
		}
	})
}

// A world is a ledger, the disk below it, and what must be true of them.
type world struct {
	d      *simDisk
	l      *Ledger
	random *rand.Rand

	open   map[string]openPost
	now    map[string]Status          // what the ledger must say
	maybe  map[string]map[Status]bool // what it may say when it is opened again
	posted map[string]bool            // written to, for all that is known

	contact map[string]string          // that a key's last claim was for
	reached map[string]map[string]bool // keys under which a contact was written to, for all that is known
}

type openPost struct {
	number uint64
	before Status
}

func newWorld(seed uint64) *world {
	return &world{d: newSimDisk(seed), random: rand.New(rand.NewPCG(seed, 5)), now: map[string]Status{}, maybe: map[string]map[Status]bool{},
		posted: map[string]bool{}, open: map[string]openPost{}, contact: map[string]string{}, reached: map[string]map[string]bool{}}
}

// afterOpening is the status that opening makes of one.
func afterOpening(s Status) Status {
	if s == Claimed {
		return Unknown
	}
	return s
}

// may notes that a key can have this status after opening.
func (w *world) may(key string, s Status) {
	if w.maybe[key] == nil {
		w.maybe[key] = map[Status]bool{afterOpening(w.now[key]): true}
	}
	w.maybe[key][afterOpening(s)] = true
}

// set notes that a key has a status, but perhaps not durably.
func (w *world) set(key string, s Status) {
	w.may(key, s)
	w.now[key] = s
}

// barrier notes that everything so far is durable.
func (w *world) barrier() {
	for key, s := range w.now {
		w.maybe[key] = map[Status]bool{afterOpening(s): true}
	}
}

func (w *world) live(steps []step) error {
	if _, left := w.d.made(); left < 0 && w.random.IntN(4) == 0 { // already the first opening may fail
		w.d.failIn(w.random.IntN(20), []error{syscall.EIO, syscall.ENOSPC, errKilled}[w.random.IntN(3)])
	}
	if err := w.reopen(); err != nil {
		return fmt.Errorf("opening at first: %w", err)
	}
	defer func() { w.kill() }() // ends its goroutines, however the history ends
	for i, s := range steps {
		if err := w.do(s); err != nil {
			return fmt.Errorf("step %d, %v: %w", i, s, err)
		}
	}
	w.powerLoss()
	if err := w.reopen(); err != nil {
		return fmt.Errorf("opening at last: %w", err)
	}
	return nil
}

func (w *world) do(s step) error {
	key := fmt.Sprint("key ", s.Key)
	switch s.What {
	case "claim":
		return w.claim(key, anyContact(s.Choice))
	case "claims":
		return w.claims(s.Choice%5 + 2)
	case "settle":
		return w.settle(key, []Status{Sent, Failed, Unknown, Skipped}[s.Choice%4])
	case "release":
		return w.release(key)
	case "flush":
		return w.failed(w.l.Flush(), w.barrier)
	case "wait":
		time.Sleep(time.Second) // in a bubble
		return nil
	case "hand":
		return w.hand(key, []Status{Sent, Pending}[s.Choice%2])
	case "replace":
		return w.replace(key)
	case "forget":
		return w.forget(key)
	case "close":
		return w.close()
	case "kill":
		w.kill()
		return w.reopen()
	case "power":
		w.powerLoss()
		return w.reopen()
	case "fail":
		w.d.failIn(s.Choice/2, []error{syscall.EIO, syscall.ENOSPC, errKilled}[s.Choice%3])
	}
	return nil
}

// failed opens the ledger again if a call failed; if not, done is called.
func (w *world) failed(err error, done func()) error {
	if err == nil {
		done()
		return nil
	}
	if !errors.As(err, new(*WriteError)) {
		return err
	}
	if _, err := w.l.Claim("another", 1, Pending); !errors.As(err, new(*WriteError)) {
		return fmt.Errorf("a claim after a failed write: %w", err)
	}
	w.crash()
	return w.reopen()
}

// kill ends the process; its goroutines end because its files are dead.
func (w *world) kill() {
	w.d.kill()
	if w.l != nil {
		_ = w.l.Close()
	}
}

func (w *world) powerLoss() {
	w.d.powerLoss()
	_ = w.l.Close()
}

// crash ends a process that can't go on.
func (w *world) crash() {
	if w.random.IntN(2) == 0 {
		w.powerLoss()
		return
	}
	_ = w.l.Close()
	w.d.kill()
}

// ready reports whether send or retry --only failed would write to a key.
func (w *world) ready(key string) bool {
	s := w.l.Lookup(key).Status
	return s == Pending || s == Failed
}

// anyContact is one of few, so that several keys lead to one; or none.
func anyContact(choice int) string { return []string{"", "contact 1", "contact 2"}[choice%3] }

func (w *world) claim(key, contact string) error {
	before := w.l.Lookup(key).Status
	n, err := w.l.ClaimContact(key, contact, 1, before)
	if before.claimable() && errors.Is(err, ErrContact) {
		return nil
	}
	if !before.claimable() {
		if !errors.Is(err, ErrTaken) && !errors.As(err, new(*WriteError)) {
			return fmt.Errorf("claim of a %v key: %w", before, err)
		}
		return nil
	}
	if !w.readyBefore(before) && err == nil { // a person asked for it
		w.notPosted(key)
	}
	if err != nil {
		w.may(key, Unknown)
		return w.failed(err, nil)
	}
	if err := w.postContact(key, contact); err != nil {
		return err
	}
	return w.post(key, openPost{n, before})
}

// postContact is where a message would reach a contact.
func (w *world) postContact(key, contact string) error {
	w.contact[key] = contact
	if contact == "" {
		return nil
	}
	for other, reached := range w.reached[contact] {
		if reached && other != key {
			return fmt.Errorf("%s is written to under %s and %s", contact, other, key)
		}
	}
	if w.reached[contact] == nil {
		w.reached[contact] = map[string]bool{}
	}
	w.reached[contact][key] = true
	return nil
}

// notPosted notes that the last message to a key did not reach anybody.
func (w *world) notPosted(key string) {
	w.posted[key] = false
	if c := w.contact[key]; c != "" {
		w.reached[c][key] = false
	}
}

func (w *world) readyBefore(s Status) bool { return s == Pending || s == Failed }

// claims claims several keys at once.
func (w *world) claims(n int) error {
	var wg sync.WaitGroup
	posts, errs := make([]openPost, n), make([]error, n)
	for i := range n {
		key := fmt.Sprint("key ", i)
		if !w.ready(key) {
			errs[i] = ErrTaken
			continue
		}
		posts[i].before = w.l.Lookup(key).Status
		wg.Go(func() { posts[i].number, errs[i] = w.l.Claim(key, 1, posts[i].before) })
	}
	wg.Wait()
	var failed error
	for i, err := range errs {
		key := fmt.Sprint("key ", i)
		switch {
		case err == nil:
			w.contact[key] = ""
			if err := w.post(key, posts[i]); err != nil {
				return err
			}
		case !errors.Is(err, ErrTaken):
			failed = err
		}
	}
	for i, err := range errs { // after the barriers of those that succeeded
		if err != nil && !errors.Is(err, ErrTaken) {
			w.may(fmt.Sprint("key ", i), Unknown)
		}
	}
	return w.failed(failed, func() {})
}

// post is where a message would leave.
func (w *world) post(key string, p openPost) error {
	if w.posted[key] {
		return fmt.Errorf("%s is written to twice", key)
	}
	found := false
	for r, err := range Records(simPath, w.d.strict()) {
		if c, ok := r.Value.(Claim); ok && err == nil && c.Number == p.number {
			found = c.Key == key
		}
	}
	if !found {
		return fmt.Errorf("claim %d of %s would not survive a power loss", p.number, key)
	}
	w.posted[key], w.open[key], w.now[key] = true, p, Claimed
	w.barrier()
	return nil
}

func (w *world) settle(key string, s Status) error {
	p, ok := w.open[key]
	if !ok {
		return nil
	}
	delete(w.open, key)
	if err := w.l.Settle(p.number, Outcome{Status: s, Code: "code", MessageID: key}); err != nil {
		return w.failed(err, nil)
	}
	w.set(key, s)
	if s == Failed {
		w.notPosted(key)
	}
	if c := w.contact[key]; c != "" && s == Skipped { // the API refused it
		w.reached[c][key] = false
	}
	return nil
}

func (w *world) release(key string) error {
	p, ok := w.open[key]
	if !ok {
		return nil
	}
	delete(w.open, key)
	w.notPosted(key)
	if err := w.l.Release(p.number, "429"); err != nil {
		return w.failed(err, nil)
	}
	w.set(key, p.before)
	return nil
}

// amend is what a person does to a key of one status.
func (w *world) amend(key string, from, to Status, do func() error) error {
	before := w.l.Lookup(key).Status
	err := do()
	if before != from {
		if !errors.Is(err, ErrTaken) {
			return fmt.Errorf("%v key made %v by hand: %w", before, to, err)
		}
		return nil
	}
	if to == Pending {
		w.notPosted(key)
	}
	if err != nil {
		w.may(key, to)
		return w.failed(err, nil)
	}
	w.now[key] = to
	w.barrier()
	return nil
}

func (w *world) hand(key string, as Status) error {
	return w.amend(key, Unknown, as, func() error { return w.l.SettleByHand(key, as, "Ann", "asked him") })
}

func (w *world) replace(key string) error {
	return w.amend(key, Failed, Replaced, func() error { return w.l.Replace(key, "other") })
}

func (w *world) forget(key string) error {
	if err := w.l.Close(); err != nil {
		w.crash()
		return w.reopen()
	}
	w.closed()
	r, err := Forget(simPath, []string{key}, false, Options{FS: w.d})
	if err == nil {
		if r.Keys > 1 {
			return fmt.Errorf("forgot %d keys", r.Keys)
		}
		w.now[key] = Forgotten
		w.barrier()
		if slices.Contains(keysIn(w.d), key) {
			return errors.New("the key is still in the file")
		}
	} else {
		w.may(key, Forgotten)
	}
	w.d.kill()
	if err != nil && w.random.IntN(2) == 0 {
		w.d.powerLoss()
	}
	return w.reopen()
}

// keysIn returns the keys that are anywhere in the file.
func keysIn(d *simDisk) (keys []string) {
	content := string(d.content())
	for i := range 6 {
		key := fmt.Sprint("key ", i)
		if strings.Contains(content, key) {
			keys = append(keys, key)
		}
	}
	return keys
}

// closed notes that the ledger was closed properly.
func (w *world) closed() {
	w.barrier()
	w.open = map[string]openPost{}
	for key, s := range w.now {
		w.now[key] = afterOpening(s)
	}
}

func (w *world) close() error {
	err := w.l.Close()
	if err != nil {
		w.crash()
		return w.reopen()
	}
	w.closed()
	_, left := w.d.made()
	if err := w.reopen(); err != nil {
		return err
	}
	if left < 0 && !w.l.Whole() {
		return errors.New("the ledger was closed and is not whole")
	}
	return nil
}

// reopen opens the ledger, again if a call fails in it, and compares it with
// what must be.
func (w *world) reopen() error {
	w.open = map[string]openPost{}
	var err error
	for range 3 {
		w.l, err = Open(simPath, Options{Create: &Header{Campaign: "world"}, FS: w.d})
		if err == nil {
			return w.compare()
		}
		if _, left := w.d.made(); left != 0 {
			return err
		}
		if w.d.kill(); w.random.IntN(2) == 0 {
			w.d.powerLoss()
		}
	}
	return err
}

func (w *world) compare() error {
	for i := range 6 {
		key := fmt.Sprint("key ", i)
		s := w.l.Lookup(key).Status
		if may, ok := w.maybe[key]; s == Claimed || ok && !may[s] || !ok && s != Pending {
			return fmt.Errorf("%s is %v, may be %v", key, s, w.maybe[key])
		}
		w.now[key] = s
	}
	w.barrier()
	return w.d.undisturbed(w.agree) // looking is not part of the history
}

// agree compares what all ways of reading the ledger say.
func (w *world) agree() error {
	if err := w.entriesAgree(); err != nil {
		return err
	}
	r, err := Verify(simPath, w.d)
	if err != nil || r.Damage != nil || r.Torn != 0 {
		return fmt.Errorf("verify: %v, damage %v, %d torn", err, r.Damage, r.Torn)
	}
	return nil
}

// entriesAgree compares the last entry of each key with its status.
func (w *world) entriesAgree() error {
	last := map[string]Status{}
	for e, err := range w.l.Entries() {
		if err != nil {
			return fmt.Errorf("entries: %w", err)
		}
		last[e.Key] = e.Status
	}
	for key, s := range w.now {
		if s == Forgotten {
			s = Pending
		}
		if last[key] != s {
			return fmt.Errorf("the last entry of %s is %v, its status is %v", key, last[key], s)
		}
	}
	return nil
}
