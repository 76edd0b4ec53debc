package resp

import (
	"strconv"
	"strings"
)

// A writer appends replies in one of the two versions of the protocol. What version
// 2 has no type for is written as Redis does it: a map as a flat array, a null as a
// null bulk string, text as a bulk string.
type writer struct {
	buf   []byte
	resp3 bool
}

func (w *writer) line(kind byte, text string) {
	w.buf = append(w.buf, kind)
	w.buf = append(w.buf, text...)
	w.buf = append(w.buf, '\r', '\n')
}

func (w *writer) count(kind byte, n int64) {
	w.buf = append(w.buf, kind)
	w.buf = strconv.AppendInt(w.buf, n, 10)
	w.buf = append(w.buf, '\r', '\n')
}

// status appends a short text without line breaks, such as OK.
func (w *writer) status(text string) { w.line('+', text) }

func (w *writer) ok() { w.status("OK") }

var lineBreaks = strings.NewReplacer("\r", " ", "\n", " ")

// error appends an error: its code in capitals, then a text for people.
func (w *writer) error(text string) { w.line('-', lineBreaks.Replace(text)) }

func (w *writer) integer(n int64) { w.count(':', n) }

// flag appends 1 or 0.
func (w *writer) flag(set bool) {
	if set {
		w.integer(1)
	} else {
		w.integer(0)
	}
}

func (w *writer) bulk(b []byte) {
	w.count('$', int64(len(b)))
	w.buf = append(w.buf, b...)
	w.buf = append(w.buf, '\r', '\n')
}

func (w *writer) text(s string) {
	w.count('$', int64(len(s)))
	w.buf = append(w.buf, s...)
	w.buf = append(w.buf, '\r', '\n')
}

// value appends a bulk string, or null for nil.
func (w *writer) value(b []byte) {
	if b == nil {
		w.null()
		return
	}
	w.bulk(b)
}

func (w *writer) null() {
	if w.resp3 {
		w.buf = append(w.buf, "_\r\n"...)
	} else {
		w.buf = append(w.buf, "$-1\r\n"...)
	}
}

// array announces n elements.
func (w *writer) array(n int) { w.count('*', int64(n)) }

// dictionary announces n pairs of a key and a value.
func (w *writer) dictionary(n int) {
	if w.resp3 {
		w.count('%', int64(n))
	} else {
		w.count('*', 2*int64(n))
	}
}

// set announces n elements without order.
func (w *writer) set(n int) {
	if w.resp3 {
		w.count('~', int64(n))
	} else {
		w.array(n)
	}
}

// page appends text of several lines for people, such as that of INFO.
func (w *writer) page(s string) {
	if !w.resp3 {
		w.text(s)
		return
	}
	const kind = "txt:"
	w.count('=', int64(len(kind)+len(s)))
	w.buf = append(w.buf, kind...)
	w.buf = append(w.buf, s...)
	w.buf = append(w.buf, '\r', '\n')
}
