// Package node is the actor at the root of a server process: it opens the journal,
// starts a peer for each partition that the cluster map gives this node, and
// answers where things are.
package node
