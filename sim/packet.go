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
	receiver    *node
	fromHash    uint64
	toHash      uint64
	incarnation uint64        // of the sender
	left        time.Duration // when it leaves the sender, which may crash before
	bytes       []byte
	sum         uint64 // hash of bytes
	number      uint64 // joins it to its Sent event; copies share it
	copied      bool
}

// sendLocal puts m into a mailbox of the same node, as it is.
func (a *actor) sendLocal(to actors.Ref, m actors.Message) {
	n := a.node
	n.world.markSent(n, a.context.self, a.hash, to, m)
	if receiver := n.actors[to.Name]; receiver != nil {
		receiver.post(envelope{from: a.context.self, sender: a.hash, message: m})
	}
}

// sendRemote encodes m and sends off as many copies as the network lets through.
// They leave when the call that sends them ends.
func (a *actor) sendRemote(receiver *node, to actors.Ref, m actors.Message) {
	n := a.node
	w := n.world
	from := a.context.self
	b := w.encode(from, to, m)
	w.stats.Sent++
	p := packet{from: from, to: to, sender: n, receiver: receiver, fromHash: a.hash, toHash: hashRef(to),
		incarnation: n.incarnation, left: n.free, bytes: b, sum: mixBytes(0, b), number: w.stats.Sent}
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
	b, err := w.config.Codec.Append(w.buffer.room(), m)
	if err != nil {
		panic(fmt.Sprintf("%v cannot send %T to %v: %v", from, m, to, err))
	}
	return w.buffer.keep(b)
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
	n := p.receiver
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
	a.post(envelope{from: p.from, sender: p.fromHash, message: m, packet: p.number})
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

// markSent records a message within one node, or to nobody, of a sender with its hash.
func (w *World) markSent(n *node, from actors.Ref, hash uint64, to actors.Ref, m actors.Message) {
	w.mark(Sent, n.id, hash, hashRef(to))
	if w.watched(Sent) {
		e := w.event(Sent, n.id)
		e.From, e.To, e.Message, e.Copies = from, to, m, 1
		w.tell(e)
	}
}

// markPacket records what becomes of a packet.
func (w *World) markPacket(kind Kind, at actors.NodeID, p *packet, m actors.Message,
	copies int, blame string) {
	w.mark(kind, at, mix(p.number, p.fromHash), mix(p.sum, p.toHash))
	if w.watched(kind) {
		e := w.event(kind, at)
		e.From, e.To, e.Message, e.Packet = p.from, p.to, m, p.number
		e.Size, e.Copies, e.Text = len(p.bytes), copies, blame
		w.tell(e)
	}
}
