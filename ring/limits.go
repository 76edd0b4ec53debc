package ring

// Limits of a map.
const (
	// MaxMembers is how many members a cluster has at most.
	MaxMembers = 1024
	// MaxReplicas is how many replicas all partitions have together at most.
	MaxReplicas = 1 << 18
	// MaxTextBytes is the longest zone or address.
	MaxTextBytes = 512
	// MaxMapBytes is the longest encoded map.
	MaxMapBytes = 8 << 20
)

// The longest encodings of what stands around texts and ids.
const (
	maxVarintBytes = 10
	maxHeadBytes   = 2 * (1 + maxVarintBytes)
	maxMemberBytes = 3 + 1 + maxVarintBytes + 3*(3+MaxTextBytes)
	maxOwnersBytes = 2 * (1 + 4)
)

// The largest map fits; the compiler checks it.
const _ uint = MaxMapBytes - maxHeadBytes - MaxMembers*maxMemberBytes -
	Slots*maxOwnersBytes - MaxReplicas*maxVarintBytes
