package node

import (
	"encoding/hex"
	"errors"
	"slices"
	"testing"

	"github.com/understudy-kv/understudy/actors"
)

func TestNotesAreEncodedAsInTheSpec(t *testing.T) {
	for text, n := range map[string]note{ // any order: each stands alone
		"0801" + "10ac02":          {Node: 1, Birth: 300},
		"0802" + "1007" + "1801":   {Node: 2, Birth: 7, Blank: true},
		"0801" + "10ac02" + "2001": {Node: 1, Birth: 300, Admitted: true},
	} {
		if got := hex.EncodeToString(n.appendTo(nil)); got != text {
			t.Errorf("%+v is encoded as %s, not as %s", n, got, text)
		}
		b, _ := hex.DecodeString(text + "fa010474657374") // and a field of the future
		if got, err := decodeNote(b); err != nil || got != n {
			t.Errorf("%s was decoded to %+v, error %v", text, got, err)
		}
	}
}

func TestALogOfBirthsThatContradictsItselfIsRefused(t *testing.T) {
	own := note{Node: 1, Birth: 300}
	other := note{Node: 2, Birth: 7}
	for name, notes := range map[string][]note{ // any order: each stands alone
		"it begins with somebody else":   {other},
		"it begins with an admission":    {{Node: 1, Birth: 300, Admitted: true}},
		"the disk is given another life": {own, {Node: 1, Birth: 301}},
		"a member has two disks":         {own, other, {Node: 2, Birth: 8}},
		"another disk is admitted":       {own, {Node: 1, Birth: 301, Admitted: true}},
		"another member is admitted":     {own, {Node: 2, Birth: 7, Admitted: true}},
		"a note is about nobody":         {own, {Birth: 8}},
		"a note is about no disk":        {own, {Node: 3}},
	} {
		if b, err := recall(1, encoded(notes)); !errors.Is(err, ErrMalformed) {
			t.Errorf("%s: recalled %+v, error %v", name, b, err)
		}
	}
	sound := []note{own, other, {Node: 3, Birth: 9, Blank: true}, {Node: 1, Birth: 300, Admitted: true}}
	b, err := recall(1, encoded(sound))
	if err != nil || b.own != 300 || !b.admitted || len(b.met) != 2 || b.met[3] != (acquaintance{9, true}) {
		t.Errorf("recalled %+v, error %v", b, err)
	}
}

func encoded(notes []note) (records [][]byte) {
	for _, n := range notes {
		records = append(records, n.appendTo(nil))
	}
	return records
}

func FuzzRecall(f *testing.F) {
	f.Add(note{Node: 1, Birth: 300}.appendTo(nil), note{Node: 2, Birth: 7, Blank: true}.appendTo(nil))
	f.Add([]byte{8}, []byte{})
	f.Fuzz(func(t *testing.T, first, second []byte) {
		b, err := recall(1, [][]byte{first, second})
		if err == nil && (b.own == 0 || b.met[actors.NodeID(1)] != acquaintance{}) {
			t.Errorf("recalled %+v", b)
		}
	})
}

func TestWhatIsLeftOfADamagedLogOfBirthsIsEnoughOrRefused(t *testing.T) {
	own, admission := note{Node: 1, Birth: 300}, note{Node: 1, Birth: 300, Admitted: true}
	other := note{Node: 2, Birth: 7}
	for name, notes := range map[string][]note{ // any order: each stands alone
		"nothing is left":             {},
		"its own birth is not left":   {other},
		"two births of its own":       {own, {Node: 1, Birth: 301, Admitted: true}},
		"a member has two disks":      {own, other, {Node: 2, Birth: 8}},
		"another member is admitted":  {own, {Node: 2, Birth: 7, Admitted: true}},
		"a note is about nobody":      {own, {Birth: 8}},
		"its own birth is told twice": {own, own, {Node: 1, Birth: 301}},
	} {
		if b, err := salvage(1, encoded(notes)); err == nil {
			t.Errorf("%s: salvaged %+v", name, b)
		}
	}
	for name, notes := range map[string][]note{ // any order: each stands alone
		"its first note is lost":      {other, admission},
		"its admission is not noted":  {own, other},
		"everything can be read":      {own, other, admission},
		"it has forgotten all others": {admission},
	} {
		b, err := salvage(1, encoded(notes))
		if err != nil || b.own != 300 || !b.lossy || b.admitted != slices.Contains(notes, admission) {
			t.Errorf("%s: salvaged %+v, error %v", name, b, err)
		}
	}
}
