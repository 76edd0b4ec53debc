package snapshot

// Places returns how many files other nodes are known to ask for, and Questions how
// many pieces of them.
func (k *Keeper) Places() int { return len(k.sender.places) }

func (k *Keeper) Questions() (n int) {
	for _, p := range k.sender.places {
		n += len(p.asked)
	}
	return n
}

// The limits of both, for each node.
const (
	MaxAsked      = maxAsked
	MaxPlacesEach = maxPlacesEach
)
