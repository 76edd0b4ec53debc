package snapshot

import (
	"cmp"
	"errors"
	"fmt"
	"math/bits"
	"slices"
	"time"

	"github.com/understudy-kv/understudy/actors"
	"github.com/understudy-kv/understudy/raft/journal"
)

// The errors of [Written] and [Fetched] beside those of the disk.
var (
	// ErrGone: the other node does not have the snapshot, or not any more, or cannot
	// read it.
	ErrGone = errors.New("the snapshot is not to be had from that node")
	// ErrSilent: nothing came for a long time.
	ErrSilent = errors.New("the node that has the snapshot does not answer")
	// ErrBusy: the same snapshot is being captured and fetched.
	ErrBusy = errors.New("the snapshot is being written already")
	// ErrOrder: the piece is not the next one, or there is no first one.
	ErrOrder = errors.New("the piece is not the next one")
)

// A Config says how much a keeper does at once. What is zero becomes the default.
type Config struct {
	// Uploads and Downloads limit how many snapshots are sent and fetched at once.
	// Others wait for their turn, in the order they were asked for.
	Uploads, Downloads int
	// BytesPerSecond limits what is sent to all nodes together. Zero is no limit.
	BytesPerSecond int
	// Retry is how long the answer of another node may take before it is asked again;
	// each time in vain takes twice as long, up to half of Idle. After a fetch that
	// failed it is about how long the same snapshot is not fetched from there again;
	// each failure in a row makes that twice as long, up to Idle.
	Retry time.Duration
	// Idle is how long the asking node may be silent before it loses its place, and
	// with it the hold on a snapshot that is to be removed. At least twice Retry, on
	// all nodes.
	Idle time.Duration
	// Patience is how long a fetch goes on while nothing comes.
	Patience time.Duration
}

// The defaults of [Config].
const (
	DefaultUploads   = 2
	DefaultDownloads = 2
	DefaultRetry     = time.Second
	DefaultIdle      = 5 * time.Second
	DefaultPatience  = 30 * time.Second
)

func (c Config) withDefaults() Config {
	c.Uploads = cmp.Or(c.Uploads, DefaultUploads)
	c.Downloads = cmp.Or(c.Downloads, DefaultDownloads)
	c.Retry = cmp.Or(c.Retry, DefaultRetry)
	c.Idle = cmp.Or(c.Idle, DefaultIdle)
	c.Patience = cmp.Or(c.Patience, DefaultPatience)
	return c
}

// A Keeper is the actor. Create one with [New].
type Keeper struct {
	config   Config
	listed   bool       // the disk has told which files there are
	early    []envelope // what came before that from this node
	files    map[key]*file
	kept     map[journal.GroupID]holding
	doomed   []*file // to be removed when nobody is sent them
	reads    []read  // under way, in the order asked
	sender   sender
	fetches  []*fetch // in the order asked; the first of them run, the others wait
	setbacks map[journal.GroupID]setback
	alarm    alarm
	ignored  uint64 // messages of other nodes that no keeper sends
}

// An envelope is a message that waits and its sender.
type envelope struct {
	from    actors.Ref
	message actors.Message
}

// New returns a keeper that looks at its disk when it is started.
func New(c Config) *Keeper {
	c = c.withDefaults()
	assert(c.Uploads > 0 && c.Downloads > 0 && c.BytesPerSecond >= 0, "nothing is sent or fetched by %+v", c)
	assert(c.Retry > 0 && c.Idle >= 2*c.Retry, "who asks every %v is idle after %v", c.Retry, c.Idle)
	return &Keeper{
		config: c, files: map[key]*file{}, kept: map[journal.GroupID]holding{},
		setbacks: map[journal.GroupID]setback{}, sender: sender{pace: pace{rate: c.BytesPerSecond}},
	}
}

// Receive does what a message asks for, or lets it wait for its turn.
func (k *Keeper) Receive(ctx actors.Context, from actors.Ref, m actors.Message) {
	switch m := m.(type) {
	case actors.Started:
		k.sender.pace.free = ctx.Now()
		ctx.Disk().ListFiles()
	case actors.FilesListed:
		k.list(ctx, m)
	case wake:
		k.alarm.rang()
	case AskPiece, Piece:
		k.hear(ctx, from, m)
	default:
		k.serve(ctx, from, m)
	}
}

// Flush gives turns to those who wait, and sees to what came too late or never.
func (k *Keeper) Flush(ctx actors.Context) {
	k.tend(ctx)
	k.begin(ctx)
	k.upload(ctx)
	k.sweep(ctx)
	k.alarm.set(ctx, k.deadline(ctx.Now()))
}

// list takes in what the disk holds and does what was asked for meanwhile.
func (k *Keeper) list(ctx actors.Context, m actors.FilesListed) {
	if m.Err != nil {
		ctx.Halt(fmt.Errorf("snapshots: list files: %w", m.Err))
		return
	}
	for _, name := range m.Files {
		if key, ok := parseName(name); ok {
			k.files[key] = &file{key: key, sealed: true}
		}
	}
	k.listed = true
	for _, e := range k.early {
		k.serve(ctx, e.from, e.message)
	}
	k.early = nil
}

// hear takes a message of another keeper. Whoever asks too early asks again.
func (k *Keeper) hear(ctx actors.Context, from actors.Ref, m actors.Message) {
	switch {
	case from.Name != Name || from.Node.IsClient():
		k.ignore(ctx, from, m)
	case !k.listed:
	default:
		k.serve(ctx, from, m)
	}
}

// serve does what a message asks for, once it is known what the disk holds.
func (k *Keeper) serve(ctx actors.Context, from actors.Ref, m actors.Message) {
	if !k.listed {
		k.early = append(k.early, envelope{from, m})
		return
	}
	switch m := m.(type) {
	case Write:
		k.write(ctx, from, m)
	case Abandon:
		k.abandon(ctx, m)
	case Fetch:
		k.fetch(ctx, from, m)
	case Load:
		k.load(ctx, from, m)
	case Keep:
		k.keep(ctx, from, m)
	case Drop:
		k.drop(ctx, m)
	case AskPiece:
		k.ask(ctx, from, m)
	case Piece:
		k.piece(ctx, from, m)
	case actors.FileWritten:
		k.written(ctx, m)
	case actors.FileSealed:
		k.sealed(ctx, m)
	case actors.FileRead:
		k.fileRead(ctx, m)
	case actors.FileRemoved:
		k.removed(ctx, m)
	}
}

// doom removes a file: at once if it is not complete, else when nobody is sent it.
func (k *Keeper) doom(ctx actors.Context, f *file) {
	switch {
	case f.draft != nil:
		k.discard(ctx, f)
	case f.usable() && !f.doomed:
		if k.sender.uses(f.key) {
			ctx.Mark(markPinned)
		}
		f.doomed = true
		k.doomed = append(k.doomed, f)
	}
}

// sweep removes what is doomed and not being sent.
func (k *Keeper) sweep(ctx actors.Context) {
	k.doomed = slices.DeleteFunc(k.doomed, func(f *file) bool {
		if f.doomed && k.sender.uses(f.key) {
			return false
		}
		if f.doomed {
			f.stale = true
			k.advance(ctx, f)
		}
		return true
	})
}

// filesOf returns the files of a group, oldest first.
func (k *Keeper) filesOf(g journal.GroupID) []*file {
	var list []*file
	for key, f := range k.files { // any order: sorted below
		if key.group == g {
			list = append(list, f)
		}
	}
	slices.SortFunc(list, func(a, b *file) int {
		return cmp.Or(cmp.Compare(a.index, b.index), cmp.Compare(a.term, b.term))
	})
	return list
}

// ignore counts a message that no keeper sends. It does not log each one: whoever
// sends garbage sends much of it.
func (k *Keeper) ignore(ctx actors.Context, from actors.Ref, m actors.Message) {
	k.ignored++
	if bits.OnesCount64(k.ignored) == 1 {
		ctx.Log().Warn("ignored a message that no keeper of snapshots sends",
			"from", from, "message", m, "ignored", k.ignored)
	}
}

// assert panics unless ok: to go on would be to break a promise.
func assert(ok bool, format string, args ...any) {
	if !ok {
		panic("snapshot: " + fmt.Sprintf(format, args...))
	}
}
