// Package wire tags every message that leaves a process, so that its receiver
// knows which decoder to use. The tags and the messages are specified in
// docs/wire.md.
package wire

import (
	"errors"
	"fmt"

	"github.com/understudy-kv/understudy/actors"
	"github.com/understudy-kv/understudy/kv/node"
	"github.com/understudy-kv/understudy/raft"
	"github.com/understudy-kv/understudy/raft/peer"
	"github.com/understudy-kv/understudy/raft/snapshot"
)

// The tags. One that has been in use is never given to another message.
const (
	tagRaft          = 1
	tagRequest       = 2
	tagResponse      = 3
	tagPeerStatusReq = 4
	tagPeerStatus    = 5
	tagMapRequest    = 6
	tagClusterMap    = 7
	tagNodeStatusReq = 8
	tagNodeStatus    = 9
	tagBeat          = 10
	tagAskPiece      = 11
	tagPiece         = 12
	tagChangeRequest = 13
	tagTransfer      = 14
	tagChecksum      = 15
)

// ErrUnknown is wrapped by the error about a message or a tag that is not in the
// table.
var ErrUnknown = errors.New("unknown message")

// Append appends the tag and the encoding of m to b.
func Append(b []byte, m actors.Message) ([]byte, error) {
	switch m := m.(type) {
	case raft.Message:
		return m.AppendTo(append(b, tagRaft)), nil
	case peer.Request:
		return m.AppendTo(append(b, tagRequest)), nil
	case peer.Response:
		return m.AppendTo(append(b, tagResponse)), nil
	case peer.StatusRequest:
		return append(b, tagPeerStatusReq), nil
	case peer.Status:
		return m.AppendTo(append(b, tagPeerStatus)), nil
	case node.MapRequest:
		return append(b, tagMapRequest), nil
	case node.ClusterMap:
		return m.AppendTo(append(b, tagClusterMap)), nil
	case node.StatusRequest:
		return append(b, tagNodeStatusReq), nil
	case node.NodeStatus:
		return m.AppendTo(append(b, tagNodeStatus)), nil
	case node.Beat:
		return m.AppendTo(append(b, tagBeat)), nil
	case peer.ChangeRequest:
		return m.AppendTo(append(b, tagChangeRequest)), nil
	case peer.TransferRequest:
		return m.AppendTo(append(b, tagTransfer)), nil
	case peer.Checksum:
		return m.AppendTo(append(b, tagChecksum)), nil
	case snapshot.AskPiece:
		return m.AppendTo(append(b, tagAskPiece)), nil
	case snapshot.Piece:
		return m.AppendTo(append(b, tagPiece)), nil
	}
	return b, fmt.Errorf("wire: %w: type %T", ErrUnknown, m)
}

// Decode is the inverse of [Append]. What it returns may alias b. Bytes after the
// tag of a message without fields are ignored: a newer version may have fields
// there.
func Decode(b []byte) (actors.Message, error) {
	if len(b) == 0 {
		return nil, fmt.Errorf("wire: %w: no tag", ErrUnknown)
	}
	tag, body := b[0], b[1:]
	switch tag {
	case tagRaft:
		return message(raft.DecodeMessage(body))
	case tagRequest:
		return message(peer.DecodeRequest(body))
	case tagResponse:
		return message(peer.DecodeResponse(body))
	case tagPeerStatusReq:
		return peer.StatusRequest{}, nil
	case tagPeerStatus:
		return message(peer.DecodeStatus(body))
	case tagMapRequest:
		return node.MapRequest{}, nil
	case tagClusterMap:
		return message(node.DecodeClusterMap(body))
	case tagNodeStatusReq:
		return node.StatusRequest{}, nil
	case tagNodeStatus:
		return message(node.DecodeNodeStatus(body))
	case tagBeat:
		return message(node.DecodeBeat(body))
	case tagChangeRequest:
		return message(peer.DecodeChangeRequest(body))
	case tagTransfer:
		return message(peer.DecodeTransferRequest(body))
	case tagChecksum:
		return message(peer.DecodeChecksum(body))
	case tagAskPiece:
		return message(snapshot.DecodeAskPiece(body))
	case tagPiece:
		return message(snapshot.DecodePiece(body))
	}
	return nil, fmt.Errorf("wire: %w: tag %d", ErrUnknown, tag)
}

// message drops what a decoder made of a message that it refused.
func message[M any](m M, err error) (actors.Message, error) {
	if err != nil {
		return nil, fmt.Errorf("wire: %w", err)
	}
	return m, nil
}

// Codec is [Append] and [Decode] as a value, for a transport.
type Codec struct{}

// Append is [Append].
func (Codec) Append(b []byte, m actors.Message) ([]byte, error) { return Append(b, m) }

// Decode is [Decode].
func (Codec) Decode(b []byte) (actors.Message, error) { return Decode(b) }
