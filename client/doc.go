// Package client is how programs use Understudy: it finds the nodes, sends every
// call to the node that leads its keys, follows when that changes, and repeats what
// got no answer without doing it twice.
//
// A [Client] is made by [New] for a process outside the cluster, or by [Attach] for
// one on a node. It is safe for concurrent use. Its methods that do one thing, such
// as [Client.Put], wait for it; [Client.Submit] hands over many calls at once.
//
// # What an error says
//
// Every error of a call is an [*Error], and its [Code] says what the caller may do:
//
//   - [Unavailable]: nothing happened, and nothing will. It may be tried again.
//   - [Overloaded]: the same, because there is more to do than can be done. Try again
//     later, and with less at a time.
//   - [Unknown]: it may have happened, or may still happen, once. Look before
//     trying again.
//   - [Invalid]: it can never happen. The call is at fault.
//
// Reads change nothing, so they are never Unknown. That a key is absent, or that a
// condition does not hold, is a result and no error.
//
// # What is promised
//
// A call that returns took effect once, at some moment between its start and its
// end, all its operations together (linearizability). A call is retried until its
// timeout, always under the same session and serial, so that the cluster can tell
// a repetition from a new call.
//
// Calls that are in flight together may take effect in any order. Calls of one
// [Call.Stream] are kept in order where it can be seen: those that share a key take
// effect in the order they were submitted, each one being sent when the one before
// it is answered. Those without a common key fly together. If the one before it
// ended Unknown, a call goes ahead all the same, as it would for a caller who waits
// for each answer.
//
// # How it is built
//
// All decisions are made by an [Actor], which is deterministic and runs in the
// simulator as it does here; a Client is a shell around one.
package client
