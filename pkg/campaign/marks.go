package campaign

import (
	"bytes"
	"maps"
	"strings"

	"github.com/herald-campaigns/herald/pkg/source"
)

// The executors leave marks in a result instead of failing: these.
const (
	unsafeMark  = "ZgotmplZ"   // html/template, in the place of a value it does not trust there
	noValueMark = "<no value>" // text/template, for nothing at all
)

// badMark finds a mark of the executors in a result.
func (p *program) badMark(s string) (string, Kind) {
	noValue := noValueMark
	if p.html {
		if strings.Contains(s, unsafeMark) {
			return unsafeMark, KindUnsafe
		}
		noValue = "&lt;no value&gt;"
	}
	if strings.Contains(s, noValue) {
		return noValue, KindNoValue
	}
	return "", ""
}

// refuseMark is the error for a mark. The executors don't say which value was
// at fault, so the row is rendered again with one field after another empty:
// the one without which a mark is gone is it.
func (p *program) refuseMark(mark string, kind Kind, row *source.Recipient) error {
	reason := "the result says <no value>"
	if kind == KindUnsafe {
		reason = "the value can't stand in this place of the HTML: a link must begin with https:, http: or mailto:"
	}
	before := p.count(mark, row)
	for _, s := range p.sites {
		if len(s.path) == 0 || p.count(mark, without(row, s.path)) >= before {
			continue
		}
		e := s.fail(kind, reason).(*RenderError)
		e.Template = p.name
		return e
	}
	return p.refuse(kind, reason)
}

// count renders a row and counts marks; a row that can't be rendered has as
// many as there could be.
func (p *program) count(mark string, row *source.Recipient) int {
	var b bytes.Buffer
	if err := p.render(&b, row); err != nil {
		return 1 << 30
	}
	return strings.Count(b.String(), mark)
}

// without returns a copy of a row in which one field is empty.
func without(row *source.Recipient, path []string) *source.Recipient {
	h := row.Header()
	if h == nil {
		object := map[string]any{}
		for _, name := range row.Names() {
			object[name], _ = row.Value(name)
			if name == path[0] || source.Snake(name) == path[0] {
				object[name] = emptied(object[name], path[1:])
			}
		}
		return source.NewObject(row.Line, object)
	}
	values := make([]string, h.Len())
	for i := range values {
		values[i] = row.At(i)
	}
	if i, ok := h.Index(path[0]); ok {
		values[i] = ""
	}
	return source.NewRecipient(h, row.Line, values)
}

// emptied returns a copy of a value in which what is at path is empty.
func emptied(v any, path []string) any {
	object, ok := v.(map[string]any)
	if len(path) == 0 || !ok {
		return ""
	}
	object = maps.Clone(object)
	object[path[0]] = emptied(object[path[0]], path[1:])
	return object
}
