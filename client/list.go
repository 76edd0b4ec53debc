package client

// A list is a queue of values whose links live inside the values, so that joining
// and leaving allocate nothing and take the same time everywhere in the list.
type list[T any] struct {
	first, last *link[T]
	count       int
}

// A link is one value's place in at most one list.
type link[T any] struct {
	prev, next *link[T]
	in         *list[T]
	value      T
}

// push puts k, which is in no list, at the end.
func (l *list[T]) push(k *link[T]) {
	k.in, k.prev = l, l.last
	if l.last != nil {
		l.last.next = k
	} else {
		l.first = k
	}
	l.last = k
	l.count++
}

// unshift puts k, which is in no list, at the beginning.
func (l *list[T]) unshift(k *link[T]) {
	k.in, k.next = l, l.first
	if l.first != nil {
		l.first.prev = k
	} else {
		l.last = k
	}
	l.first = k
	l.count++
}

// leave takes k out of the list it is in, if any.
func (k *link[T]) leave() {
	l := k.in
	if l == nil {
		return
	}
	if k.prev != nil {
		k.prev.next = k.next
	} else {
		l.first = k.next
	}
	if k.next != nil {
		k.next.prev = k.prev
	} else {
		l.last = k.prev
	}
	l.count--
	k.in, k.prev, k.next = nil, nil, nil
}
