package sim

import (
	"fmt"
	"time"

	"github.com/understudy-kv/understudy/actors"
)

// A packet is an encoded message on its way to another node, or one copy of it.
type packet struct {
	from, to    actors.Ref
	sender      *node
	incarnation uint64        // of the sender
	left        time.Duration // when it leaves the sender, which may crash before
	bytes       []byte
	sum         uint64 // hash of bytes
	number      uint64 // joins it to its Sent event; copies share it
	copied      bool
}

// sendLocal puts m into a mailbox of the same node, as it is.
func (n *node) sendLocal(from, to actors.Ref, m actors.Message) {
	n.world.markSent(n, from, to, m)
	n.post(to.Name, envelope{from: from, message: m})
}

// sendRemote encodes m and sends off as many copies as the network lets through.
// They leave when the call that sends them ends.
func (n *node) sendRemote(from, to actors.Ref, m actors.Message) {
	w := n.world
	b := w.encode(from, to, m)
	w.stats.Sent++
	p := packet{from: from, to: to, sender: n, incarnation: n.incarnation, left: n.free,
		bytes: b, sum: mixBytes(0, b), number: w.stats.Sent}
	delays, blame := w.judge(&p)
	p.copied = len(delays) > 1
	w.markPacket(Sent, n.id, &p, m, len(delays), "")
	if len(delays) == 0 {
		w.lose(&p, blame)
		return
	}
	w.stats.Duplicated += uint64(len(delays) - 1)
	for _, d := range delays {
		slot, q := w.packets.take()
		*q = p
		w.schedule(p.left+max(d, 0), packetArrives, slot)
	}
}

// encode returns m as its codec writes it, in memory of its own.
func (w *World) encode(from, to actors.Ref, m actors.Message) []byte {
	if w.config.Codec == nil {
		panic(fmt.Sprintf("%v sends %T to %v in a world without codec", from, m, to))
	}
	b, err := w.config.Codec.Append(w.buffer.scratch[:0], m)
	if err != nil {
		panic(fmt.Sprintf("%v cannot send %T to %v: %v", from, m, to, err))
	}
	w.buffer.scratch = b
	return w.buffer.copy(b)
}

// judge asks the network about p. The answer is good until the next call.
func (w *World) judge(p *packet) (delays []time.Duration, blame string) {
	delays = w.delays[:0]
	if w.config.Network == nil {
		delays = append(delays, 0)
	} else {
		delays, blame = w.config.Network.Judge(p.left, p.from.Node, p.to.Node, len(p.bytes), delays)
	}
	w.delays = delays
	return delays, blame
}

// arrive decodes a packet into the mailbox of its receiver.
func (w *World) arrive(slot uint32) {
	p := *w.packets.at(slot)
	w.packets.put(slot)
	n := w.byID[p.to.Node]
	a := n.actors[p.to.Name] // none if the node is down
	switch {
	case p.sender.endedBefore(p.incarnation, p.left):
		w.lose(&p, "crash of the sender")
	case !n.up:
		w.lose(&p, "receiver is down")
	case a == nil:
		w.lose(&p, "no such actor")
	case a.mail.len() >= w.config.MailMax:
		w.stats.Refused++
		w.lose(&p, "mailbox is full")
	default:
		w.deliver(a, &p)
	}
}

func (w *World) deliver(a *actor, p *packet) {
	n := a.node
	if p.copied && mixBytes(0, p.bytes) != p.sum {
		n.accuse(p.to.Name, "a message was changed after it was delivered", nil)
		return
	}
	m, err := w.config.Codec.Decode(p.bytes)
	if err != nil {
		n.accuse(p.to.Name, fmt.Sprintf("message from %v cannot be decoded: %v", p.from, err), nil)
		return
	}
	w.stats.Delivered++
	w.markPacket(Delivered, n.id, p, m, 1, "")
	a.post(envelope{from: p.from, message: m, packet: p.number})
}

// lose records that a copy of p will not arrive.
func (w *World) lose(p *packet, blame string) {
	w.stats.Lost++
	w.markPacket(Lost, p.from.Node, p, nil, 0, blame)
}

// endedBefore reports whether an incarnation of n went down before t.
func (n *node) endedBefore(incarnation uint64, t time.Duration) bool {
	return incarnation <= uint64(len(n.ends)) && n.ends[incarnation-1] < t
}

// markSent records a message within one node.
func (w *World) markSent(n *node, from, to actors.Ref, m actors.Message) {
	w.mark(Sent, n.id, hashRef(from), hashRef(to))
	if w.trace.watched.Has(Sent) {
		w.tell(Event{Kind: Sent, Node: n.id, From: from, To: to, Message: m, Copies: 1})
	}
}

// markPacket records what becomes of a packet.
func (w *World) markPacket(kind Kind, at actors.NodeID, p *packet, m actors.Message,
	copies int, blame string) {
	w.mark(kind, at, mix(p.number, hashRef(p.from)), mix(p.sum, hashRef(p.to)))
	if w.trace.watched.Has(kind) {
		w.tell(Event{Kind: kind, Node: at, From: p.from, To: p.to, Message: m,
			Packet: p.number, Size: len(p.bytes), Copies: copies, Text: blame})
	}
}
