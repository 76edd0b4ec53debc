package foreign

import (
	"encoding/binary"
	"hash/fnv"
	"maps"
	"slices"
	"strconv"

	"github.com/understudy-kv/understudy/kv"
	"github.com/understudy-kv/understudy/raft"
)

// A command is an operation of a client that changes the map. A client has one at a
// time, and numbers them.
type command struct {
	client, serial uint64
	op             kv.Op
}

func (c command) appendTo(b []byte) []byte {
	b = binary.AppendUvarint(b, c.client)
	b = binary.AppendUvarint(b, c.serial)
	b = binary.AppendUvarint(b, uint64(c.op.Kind))
	b = appendBytes(b, c.op.Key)
	b = appendBytes(b, c.op.Value)
	return binary.AppendUvarint(b, uint64(c.op.Delta))
}

func decodeCommand(b []byte) (command, error) {
	d := decoder{rest: b}
	c := command{client: d.number(), serial: d.number()}
	c.op = kv.Op{Kind: kv.Kind(d.number()), Key: d.bytes(), Value: d.bytes(), Delta: int64(d.number())}
	return c, d.end()
}

// A machine is what the group replicates: registers and counters by key. It knows
// which command of each client came last, so that one that reaches the log twice is
// applied once.
type machine struct {
	applied raft.Index
	hash    uint64 // of everything applied
	values  map[string]string
	serials map[uint64]uint64 // by client
}

func newMachine() *machine {
	return &machine{values: map[string]string{}, serials: map[uint64]uint64{}}
}

// apply applies e and returns the command in it, if there is one that had not been
// applied, with its result.
func (m *machine) apply(e raft.Entry) (command, kv.Result, bool) {
	h := fnv.New64a()
	h.Write(binary.LittleEndian.AppendUint64(nil, m.hash))
	h.Write(e.Data)
	m.applied, m.hash = e.Index, h.Sum64()
	c, err := decodeCommand(e.Data)
	if err != nil || c.serial <= m.serials[c.client] {
		return command{}, kv.Result{}, false // a leader's empty entry, or a repetition
	}
	m.serials[c.client] = c.serial
	return c, m.change(c.op), true
}

func (m *machine) change(op kv.Op) kv.Result {
	key := string(op.Key)
	if op.Kind == kv.Put {
		m.values[key] = string(op.Value)
		return kv.Result{Code: kv.OK}
	}
	old, _ := strconv.ParseInt(m.values[key], 10, 64) // absent counts as 0
	m.values[key] = strconv.FormatInt(old+op.Delta, 10)
	return kv.Result{Code: kv.OK, Number: old + op.Delta}
}

func (m *machine) read(key []byte) kv.Result {
	value, there := m.values[string(key)]
	if !there {
		return kv.Result{Code: kv.Absent}
	}
	return kv.Result{Code: kv.OK, Value: []byte(value)}
}

// encode returns the state, keys and clients in order.
func (m *machine) encode() []byte {
	b := binary.AppendUvarint(nil, uint64(m.applied))
	b = binary.AppendUvarint(b, m.hash)
	b = binary.AppendUvarint(b, uint64(len(m.values)))
	for _, key := range slices.Sorted(maps.Keys(m.values)) {
		b = appendBytes(appendBytes(b, []byte(key)), []byte(m.values[key]))
	}
	b = binary.AppendUvarint(b, uint64(len(m.serials)))
	for _, client := range slices.Sorted(maps.Keys(m.serials)) {
		b = binary.AppendUvarint(binary.AppendUvarint(b, client), m.serials[client])
	}
	return b
}

// decodeMachine is the inverse of encode.
func decodeMachine(b []byte) (*machine, error) {
	d := decoder{rest: b}
	m := newMachine()
	m.applied, m.hash = raft.Index(d.number()), d.number()
	for count := d.number(); count > 0 && !d.failed; count-- {
		key := string(d.bytes())
		m.values[key] = string(d.bytes())
	}
	for count := d.number(); count > 0 && !d.failed; count-- {
		client := d.number()
		m.serials[client] = d.number()
	}
	return m, d.end()
}
