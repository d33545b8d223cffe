package lint

import (
	"html"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/herald-campaigns/herald/pkg/campaign"
	"github.com/herald-campaigns/herald/pkg/intercom"
)

// Fixed returns what is wrong with every message, by what the templates say to
// everybody; rows is how many are to be sent.
func (l *Linter) Fixed(rows int) []Finding {
	var found []Finding
	seen := map[string]bool{} // variants may share a text
	for _, w := range l.wordings {
		if f := l.renderer.Fixed(w.subject); f != nil && !seen[w.subject] {
			found = append(found, judgeFixed(f, true)...)
		}
		if !seen[w.body] {
			found = append(found, judgeFixed(l.renderer.Fixed(w.body), false)...)
			found = append(found, l.optOut(w)...)
		}
		seen[w.subject], seen[w.body] = true, true
	}
	if rows >= Many {
		found = append(found, l.crowd(rows)...)
	}
	return found
}

// optOut finds emails of a wording that nobody can put an end to.
func (l *Linter) optOut(w wording) []Finding {
	if l.campaign.Type != intercom.Email || l.campaign.Purpose == campaign.Service || l.canOptOut(w) {
		return nil
	}
	f := finding(NoOptOut, 0, "", "", ofSetting(w.body, "says nowhere how to get no more of these emails"))
	if l.campaign.Purpose == campaign.Marketing {
		f.Severity = Error
	}
	f.File = w.file
	return []Finding{f}
}

// crowd finds what is right for a few messages and wrong for many.
func (l *Linter) crowd(rows int) []Finding {
	var found []Finding
	for _, copies := range []struct {
		name string
		list []campaign.To
	}{{"message.cc", l.campaign.CC}, {"message.bcc", l.campaign.BCC}} {
		for i := range copies.list {
			id := l.renderer.Fixed(copies.name + "[" + strconv.Itoa(i+1) + "].id")
			if id == nil || strings.ContainsRune(id.Text, Gap) || strings.TrimSpace(id.Text) == "" {
				continue
			}
			f := finding(ManyCopies, 0, "", id.Text, strings.TrimPrefix(copies.name, "message.")+" is the same in all "+strconv.Itoa(rows)+" messages: that contact gets each of them")
			f.File, f.FileLine, f.FileColumn = id.Place(0, len(id.Text))
			found = append(found, f)
		}
	}
	if l.campaign.OpenConversation {
		f := finding(OpensConversations, 0, "", "", "opens "+strconv.Itoa(rows)+" conversations in the inbox at once")
		f.File = l.campaign.File
		found = append(found, f)
	}
	return found
}

// Alike is the finding that all bodies are equal, for a caller that has seen them
// all with [Bodies], those of each variant apart. It returns false where the
// template reads no field.
func (l *Linter) Alike() (Finding, bool) {
	setting := l.wordings[0].body
	body := l.renderer.Fixed(setting)
	gap := strings.IndexByte(body.Text, Gap)
	if gap < 0 {
		return Finding{}, false
	}
	f := finding(AllAlike, 0, l.firstField(setting), "", "has fields, and yet all messages are equal")
	f.File, f.FileLine, f.FileColumn = body.Place(gap, gap+1)
	return f, true
}

// judgeFixed returns what is wrong with one fixed text.
func judgeFixed(f *campaign.Fixed, subject bool) []Finding {
	j := fixedJudge{fixed: f, subject: subject}
	j.judge()
	return j.found
}

// A fixedJudge judges one fixed text.
type fixedJudge struct {
	fixed   *campaign.Fixed
	subject bool
	found   []Finding
}

func (j *fixedJudge) add(k Kind, start, end int, reason string) {
	f := finding(k, 0, "", j.fixed.Text[start:end], reason)
	f.File, f.FileLine, f.FileColumn = j.fixed.Place(start, end)
	j.found = append(j.found, f)
}

func (j *fixedJudge) judge() {
	s := j.fixed.Text
	j.each(placeholder, Placeholder, "is a placeholder that was never filled in")
	j.each(filler, Filler, "is a text that was to be replaced")
	j.each(mojibake, Mojibake, "was read in the wrong encoding")
	j.each(bidi, Bidi, "changes the order of other characters")
	j.each(func(s string) (int, int) { return control(s, j.subject) }, ControlCharacters, "is a control character")
	switch {
	case j.subject && isShouting(s):
		j.add(Shouting, 0, len(s), "is a subject in capitals")
	case j.subject && utf8.RuneCountInString(s) > longSubject:
		j.add(LongSubject, 0, len(s), "is a subject of more than 150 characters")
	case j.subject:
	case len(s) > longBody:
		j.add(LongBody, 0, 0, "is a body of more than 100,000 bytes")
	}
	if j.fixed.HTML {
		j.attributes()
	} else {
		j.textLinks()
	}
}

// maxPlaces is how many places of a fixed text are told of a kind.
const maxPlaces = 20

// each adds every place that a detector finds.
func (j *fixedJudge) each(find func(string) (int, int), k Kind, reason string) {
	for from, n := 0, 0; n < maxPlaces; n++ {
		start, end := find(j.fixed.Text[from:])
		if start < 0 {
			return
		}
		j.add(k, from+start, from+end, reason)
		from += end
	}
}

func (j *fixedJudge) textLinks() {
	s := j.fixed.Text
	for start, end := nextLink(s, 0); start >= 0; start, end = nextLink(s, end) {
		// A gap ends what is fixed: the value may be the rest of the link.
		if gap := strings.IndexByte(s[start:], Gap); gap >= 0 && start+gap <= end {
			end = start + gap + 1
		}
		j.link(start, end)
	}
}

// attributes judges the links of HTML: what the attributes href and src are.
func (j *fixedJudge) attributes() {
	s := j.fixed.Text
	for i := 0; i < len(s); i++ {
		equals := strings.IndexByte(s[i:], '=')
		if equals < 0 {
			return
		}
		i += equals
		name := strings.TrimRight(s[:i], " \t\r\n")
		if !hasFoldedSuffix(name, " href") && !hasFoldedSuffix(name, " src") && !hasFoldedSuffix(name, "\nhref") && !hasFoldedSuffix(name, "\nsrc") {
			continue
		}
		start := i + 1 + len(s[i+1:]) - len(strings.TrimLeft(s[i+1:], " \t\r\n"))
		if start >= len(s) || s[start] != '"' && s[start] != '\'' {
			continue
		}
		length := strings.IndexByte(s[start+1:], s[start])
		if length < 0 {
			return
		}
		j.link(start+1, start+1+length)
		i = start + 1 + length
	}
}

// link judges the link at Text[start:end].
func (j *fixedJudge) link(start, end int) {
	raw := html.UnescapeString(j.fixed.Text[start:end])
	link := strings.TrimSpace(raw)
	fixed, _, varies := strings.Cut(link, string(Gap))
	scheme, rest, web := strings.Cut(fixed, ":")
	switch {
	case varies && fixed == "":
		return // all of it is the row's
	case link == "" || link == "#":
		j.add(BadLink, start, max(end, start), "is a link that leads nowhere")
		return
	case web && !strings.EqualFold(scheme, "http") && !strings.EqualFold(scheme, "https"):
		return // mailto:, tel:, cid:, data:
	case strings.HasPrefix(link, "#"):
		return // a place in the same message
	case varies && !strings.ContainsAny(strings.TrimPrefix(rest, "//"), "/?#"):
		link = scheme + "://example.com" // the host is the row's: the scheme is all there is to judge
	case varies:
		link = strings.ReplaceAll(link, string(Gap), "x")
	}
	if k, reason := judgeLink(link); k != "" {
		j.add(k, start, end, "is a link that "+reason)
	}
}
