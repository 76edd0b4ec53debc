package raft

// A MessageKind says what a [Message] asks or answers.
type MessageKind uint8

// A Message is what replicas of one group say to one another.
type Message struct {
	Kind MessageKind
	From ID
	To   ID
	Term Term
}
