package sim

// Load returns how many items wait in the queue and how many timers are kept.
func (w *World) Load() (items, timers int) {
	return w.queue.len(), len(w.timers.slots) - len(w.timers.free)
}
