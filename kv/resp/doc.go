// Package resp is the Redis front door of a node: a server that speaks versions 2
// and 3 of the Redis protocol in front of a client of the cluster.
//
// # Any node answers any key
//
// Commands become calls of a client, which finds the leader of their keys and
// retries where that is safe. So every Redis library works with the address of any
// one node, and nothing needs to be known here about routing.
//
// A library that knows about Redis Cluster saves the detour: CLUSTER SLOTS, SHARDS
// and NODES tell it who leads which slots. MOVED is said only on a connection that
// has asked for one of these, or has declared CLIENT CAPA redirect; on any other the
// command is forwarded. Cluster libraries ask on one connection and send their
// commands on others; they are served correctly there as well, and learn of new
// leaders from the connections on which they ask. READONLY keeps reads from being
// sent elsewhere, ASKING the next command.
//
// # Pipelines
//
// A connection has two goroutines. The reader takes everything that has arrived,
// turns it into calls and submits them as one batch; the writer sends the replies in
// the order of the commands, with one write for all that are ready. All calls of a
// connection are one stream of the client: those that share a key take effect in
// the order they were sent. Writes that arrive together for one partition travel as
// one call. Commands that look at more than some keys (DBSIZE, SCAN,
// KEYS, INFO) wait for those before them, and those behind them wait.
//
// What a connection may have in flight is limited in number and bytes. Beyond the
// limit it is not read from, so TCP slows the client down; a client that does not
// take its replies is slowed down in the same way, and in the end disconnected.
// What all connections have in flight together is limited, too, except for a little
// of each; beyond it they wait for one another. So is what they have sent of commands
// that are not complete: a connection asks for its share when a length is announced, and
// a command that gets none in time is answered OVERLOADED while its bytes are dropped.
// No memory is used for a length that is only announced.
//
// A value that is too long for one reply of a store is read in parts by the writer of
// the connection, which sends it only if all parts are of one version. So a connection
// has one in memory at a time, and the server rations what all of them have.
//
// # What an error says
//
// The code in capitals at its beginning is what libraries act on. go-redis tries
// again after LOADING, READONLY, CLUSTERDOWN, TRYAGAIN, MASTERDOWN, NOREPLICAS and
// "ERR max number of clients reached"; ioredis after MOVED, ASK, TRYAGAIN and
// CLUSTERDOWN. So none of these is ever said of a write that may have taken effect:
//
//	client.Unavailable   CLUSTERDOWN …   nothing happened; trying again is right
//	the same, if other commands wait behind it
//	                     ERR …           nothing happened (libraries would send the
//	                                     others again too)
//	client.Overloaded    OVERLOADED …    nothing happened; trying again is right, later
//	                                     and more slowly. No library does it by itself
//	client.Unknown       UNKNOWN …       it may have taken effect; look first
//	client.Invalid       ERR …           it can never take effect
//
// docs/redis.md lists the commands and where they differ from those of Redis.
package resp
