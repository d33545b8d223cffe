package source

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/encoding/ianaindex"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

// errUndecodable is returned for bytes that have no meaning in the encoding.
var errUndecodable = errors.New("bytes that don't fit the encoding")

// headSize is how many bytes are looked at to tell what a file is.
const headSize = 512

var (
	utf8Text = unicode.UTF8
	utf16LE  = unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM)
	utf16BE  = unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM)
)

// byteOrderMarks are the marks that text may start with. The names are those
// of the WHATWG Encoding Standard.
var byteOrderMarks = []struct {
	mark     string
	name     string
	encoding encoding.Encoding
}{
	{"\xef\xbb\xbf", "utf-8", utf8Text},
	{"\xff\xfe", "utf-16le", utf16LE},
	{"\xfe\xff", "utf-16be", utf16BE},
}

// decodeText returns in as UTF-8, without a byte order mark. The name is that
// of its encoding; if it is empty or UTF-8, a mark decides.
func decodeText(in *bufio.Reader, name string) (io.Reader, error) {
	said, err := encodingNamed(name)
	if err != nil {
		return nil, err
	}
	head, _ := in.Peek(headSize)
	for _, bom := range byteOrderMarks {
		if !bytes.HasPrefix(head, []byte(bom.mark)) {
			continue
		}
		if said != utf8Text && said != bom.encoding && !strings.EqualFold(name, "utf-16") {
			return nil, &Error{Kind: WrongEncoding, Encoding: bom.name,
				Reason: fmt.Sprintf("starts with the byte order mark of %s, but is said to be %s", bom.name, name)}
		}
		in.Discard(len(bom.mark))
		return decoded(in, bom.encoding), nil
	}
	if said == utf8Text {
		return in, checkMarkless(head)
	}
	return decoded(in, said), nil
}

// encodingNamed returns the encoding with a name that browsers or IANA know.
func encodingNamed(name string) (encoding.Encoding, error) {
	if name == "" {
		return utf8Text, nil
	}
	named, err := htmlindex.Get(name)
	if err != nil {
		named, err = ianaindex.IANA.Encoding(name)
	}
	if err != nil || named == nil {
		return nil, &Error{Kind: UnknownEncoding, Reason: fmt.Sprintf("no encoding %q is known", name)}
	}
	return named, nil
}

// checkMarkless refuses what starts unlike UTF-8 text: UTF-16 that doesn't say
// so, and data that is no text.
func checkMarkless(head []byte) error {
	if bytes.IndexByte(head, 0) < 0 {
		return nil
	}
	var nuls [2]int
	for i, b := range head {
		if b == 0 {
			nuls[i%2]++
		}
	}
	for i, name := range []string{"utf-16be", "utf-16le"} {
		if nuls[1-i] == 0 && nuls[i] > len(head)/4 {
			return &Error{Kind: WrongEncoding, Encoding: name,
				Reason: fmt.Sprintf("not UTF-8; looks like %s without a byte order mark", name)}
		}
	}
	return &Error{Kind: Binary, Reason: "not a text file: it contains NUL bytes"}
}

// decoded returns in as UTF-8. Reading fails with errUndecodable where in
// isn't what it is said to be.
func decoded(in io.Reader, from encoding.Encoding) io.Reader {
	switch from {
	case utf8Text:
		return in
	case utf16LE:
		return transform.NewReader(in, strict{from.NewDecoder(), []byte{0xfd, 0xff}})
	case utf16BE:
		return transform.NewReader(in, strict{from.NewDecoder(), []byte{0xff, 0xfd}})
	}
	return transform.NewReader(in, strict{from.NewDecoder(), nil})
}

// A strict decoder fails where the one inside writes a replacement character
// that its input does not have.
type strict struct {
	transform.Transformer
	replacement []byte // the two bytes of a replacement character in UTF-16
}

// Transform implements transform.Transformer.
func (s strict) Transform(dst, src []byte, atEOF bool) (nDst, nSrc int, err error) {
	nDst, nSrc, err = s.Transformer.Transform(dst, src, atEOF)
	written := []byte("\uFFFD")
	if bytes.Count(dst[:nDst], written) > s.count(src[:nSrc]) {
		return bytes.Index(dst[:nDst], written), nSrc, errUndecodable
	}
	return nDst, nSrc, err
}

// count returns how many replacement characters src has.
func (s strict) count(src []byte) int {
	n := 0
	for ; s.replacement != nil && len(src) >= 2; src = src[2:] {
		if bytes.HasPrefix(src, s.replacement) {
			n++
		}
	}
	return n
}
