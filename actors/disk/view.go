package disk

import (
	"fmt"

	"github.com/understudy-kv/understudy/actors"
)

// A view is a [Store] as one actor sees it: an [actors.Disk] whose answers go to that
// actor. Like the actor it is used by one goroutine at a time.
type view struct {
	store  *Store
	owner  actors.Ref
	post   func(actors.Message)
	opened map[string]*log
}

// OpenLog asks for the log of that name.
func (v *view) OpenLog(name string) {
	l, err := v.store.log(name)
	if err != nil {
		v.post(actors.LogOpened{Log: name, Err: err})
		return
	}
	v.opened[name] = l
	if !l.ask(request{kind: toOpen, post: v.post}) {
		v.post(actors.LogOpened{Log: name, Err: errClosed})
	}
}

// AppendLog hands record over. If that fails, the next sync says so.
func (v *view) AppendLog(name string, record []byte) {
	v.log(name).ask(request{kind: toAppend, record: record})
}

// SyncLog asks for durability of what was appended.
func (v *view) SyncLog(name string, mark uint64) {
	if !v.log(name).ask(request{kind: toSync, mark: mark, post: v.post}) {
		v.post(actors.LogSynced{Log: name, Mark: mark, Err: errClosed})
	}
}

func (v *view) log(name string) *log {
	l := v.opened[name]
	if l == nil {
		panic(fmt.Sprintf("disk: %v uses the log %q, which it has not opened", v.owner, name))
	}
	return l
}
