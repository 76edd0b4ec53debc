package journal

import (
	"time"

	"github.com/understudy-kv/understudy/actors"
)

// patience is how long a sync may take before people are told: far longer than that
// of any disk that works, and not above the time after which leaders hand over because
// of it.
const patience = time.Second

// A watch looks once in each patience whether the disk still does what it should. A
// node whose disk does nothing fails nowhere: it merely falls behind.
type watch struct {
	set   bool          // a look is coming
	begun time.Duration // when the watch over this sync began
	stuck bool          // people have been told
}

// look is when to see whether a sync still runs.
type look struct{ mark uint64 }

// begin watches over a sync, unless there is a look to come: that sees to it.
func (w *watch) begin(ctx actors.Context, mark uint64) {
	if w.set {
		return
	}
	*w = watch{set: true, begun: ctx.Now()}
	ctx.After(patience, look{mark})
}

// look tells of a sync that has been running since the look before.
func (j *Journal) look(ctx actors.Context, m look) {
	j.watch.set = false
	switch {
	case !j.running:
	case j.mark == m.mark:
		j.watch.stuck = true
		ctx.Send(j.config.Owner, Stuck{Stuck: true})
		ctx.Log().Error("the disk does not answer: a sync has been under way for long, and until it ends this node "+
			"promises nothing", "log", j.current.log, "for", ctx.Now()-j.watch.begun)
	default:
		j.watch.begin(ctx, j.mark)
	}
}

// answered tells that what people were told of is over.
func (j *Journal) answered(ctx actors.Context) {
	if w := &j.watch; w.stuck {
		w.stuck = false
		ctx.Send(j.config.Owner, Stuck{})
		ctx.Log().Warn("the disk answers again", "after", ctx.Now()-w.begun)
	}
}
