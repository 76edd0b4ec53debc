package picture

import "strconv"

// Texts of a run are alike but for the numbers in them. So each is kept as a form,
// which many share, and its numbers.

// The marks that stand for numbers in a form: plain is one without leading zeros,
// padded one of as many digits as the byte after it says, from 'a' for one.
const (
	plain  = '\x01'
	padded = '\x02'
)

// maxDigits is how many digits fit into one number: so many are exact in the page,
// where numbers have 53 bits. A longer run of digits becomes several numbers.
const maxDigits = 15

// texts holds texts by number.
type texts struct {
	forms   names
	form    []int    // of each text
	numbers []uint64 // of all texts, one after the other
	scratch []byte
}

func (t *texts) init() { t.forms.init() }

// add keeps a text and returns its number.
func (t *texts) add(text string) int {
	b := t.scratch[:0]
	for i := 0; i < len(text); {
		n := digits(text[i:])
		if n == 0 {
			b = append(b, text[i])
			i++
			continue
		}
		b = t.number(b, text[i:i+n])
		i += n
	}
	t.scratch = b
	t.form = append(t.form, t.forms.number(string(b)))
	return len(t.form) - 1
}

// number keeps one number and appends its mark to form.
func (t *texts) number(form []byte, digits string) []byte {
	v, err := strconv.ParseUint(digits, 10, 64)
	if err != nil {
		panic("picture: " + err.Error()) // at most maxDigits digits always fit
	}
	t.numbers = append(t.numbers, v)
	if digits[0] == '0' && len(digits) > 1 {
		return append(form, padded, byte('a'+len(digits)-1))
	}
	return append(form, plain)
}

// digits returns how many digits text begins with, at most maxDigits.
func digits(text string) int {
	n := 0
	for n < len(text) && n < maxDigits && '0' <= text[n] && text[n] <= '9' {
		n++
	}
	return n
}
