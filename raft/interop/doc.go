// Package interop lets replicas of our core and RawNodes of go.etcd.io/raft/v3 form
// one group, in the simulator and under its faults (package foreign): they must elect
// one another, hold the same log and serve the same clients. Whoever misreads the Raft
// paper on one of the two sides is contradicted by the other.
//
// Our messages ([raft.Message]) are what travels; a RawNode sees and says its own, and
// the adapter translates. The two protocols are nearly one:
//
//	RequestPreVote, GrantPreVote, RefusePreVote   MsgPreVote, MsgPreVoteResp
//	RequestVote, GrantVote, RefuseVote            MsgVote, MsgVoteResp; Forced is the context of a transfer
//	AppendEntries, AcceptEntries, RejectEntries   MsgApp, MsgAppResp
//	Heartbeat, AcceptHeartbeat                    MsgHeartbeat, MsgHeartbeatResp; Round is the context
//	Outdated                                      MsgAppResp of a later term
//	StandNow                                      MsgTimeoutNow
//	OfferSnapshot, and the state that is fetched  MsgSnap, which carries it
//
// What our core says about damage has no counterpart, and no replica is damaged here.
// Some things need more than another name.
//
// A follower of ours believes the commit index of a heartbeat as far as the heartbeat
// names an entry that the follower holds; MsgHeartbeat names none, but never says more
// than the follower holds. So the adapter of the leader names the entry at that index.
// The other way round it says no more than the entry that was named. And it believes that
// a leader lives by heartbeats whose rounds grow; the rounds of a RawNode are those of its
// reads, so that its adapter numbers what it sends, above them.
//
// Our entries carry a stamp and a kind. In the log of a RawNode they stand in front of
// the data. The adapter stamps what is proposed there. The empty entry with which a
// RawNode opens its term is our barrier; its stamp is one more than that of the entry
// before it, which every replica knows that holds the log.
//
// Our entry of a change holds what the group is to be. A RawNode gets it as a
// ConfChangeV2 whose context is our entry, and is told what to do about it when it
// applies it: the difference to the configuration it has applied. Configurations take
// effect when they are appended in our core, and when they are applied in theirs. So
// in a mixed group only single steps are safe, and only if nobody is more than one
// behind: the harness changes one voter at a time, and the next one when all members
// have applied the last change and would know it after a crash. For that the adapter
// has the commit index synced together with every change that it applies; a RawNode
// that came back with an older configuration could elect itself in a group that is
// gone.
//
// For the same reason our leader sends no entries to somebody who was removed: a RawNode
// that does not know it could, with a log that is long enough, be elected by the voters
// of its time. Nor does a RawNode know the question whether it is still a member.
//
// A RawNode takes no state from a time when it was no member. So states are captured
// after every change.
//
// A RawNode forgets at a restart that it was loyal to a leader, and our leases rest on
// that loyalty. So they are off: reads of both kinds ask a majority.
package interop
