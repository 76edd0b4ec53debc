package picture

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/binary"
)

// A column is numbers of one meaning, as varints: of one byte if they are small.
type column struct {
	Name   string `json:"name"`
	Count  int    `json:"count"`
	Signed bool   `json:"signed"`          // zigzag
	Delta  bool   `json:"delta,omitempty"` // each is the difference to the one before
	bytes  []byte
	last   int64
}

// add appends a number that is not negative.
func (c *column) add(v uint64) {
	c.Count++
	c.bytes = binary.AppendUvarint(c.bytes, v)
}

// addDelta appends a number as its difference to the one before.
func (c *column) addDelta(v int64) {
	c.Count++
	c.Signed, c.Delta = true, true
	c.bytes = binary.AppendVarint(c.bytes, v-c.last)
	c.last = v
}

// A sheet is columns, in the order in which the page reads them.
type sheet struct{ columns []*column }

// column adds an empty column.
func (s *sheet) column(name string) *column {
	c := &column{Name: name}
	s.columns = append(s.columns, c)
	return c
}

// text returns the columns one after the other, compressed, as base64.
func (s *sheet) text() (string, error) {
	var b bytes.Buffer
	z, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		return "", err
	}
	for _, c := range s.columns {
		if _, err := z.Write(c.bytes); err != nil {
			return "", err
		}
	}
	if err := z.Close(); err != nil {
		return "", err
	}
	return base64.StdEncoding.EncodeToString(b.Bytes()), nil
}

// compressed returns text compressed, as base64.
func compressed(text []byte) (string, error) {
	one := sheet{[]*column{{bytes: text}}}
	return one.text()
}
