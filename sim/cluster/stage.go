package cluster

import (
	"fmt"

	"github.com/understudy-kv/understudy/actors"
	"github.com/understudy-kv/understudy/sim"
	"github.com/understudy-kv/understudy/sim/check"
	"github.com/understudy-kv/understudy/sim/disk"
	"github.com/understudy-kv/understudy/sim/plan"
)

// A Stage is what plans need of the world outside to be carried out. The empty one is
// enough for those whose disks are no real files.
type Stage struct {
	// Files makes an empty disk of real files for a server, with segments of so many bytes;
	// 0 stands for those of production.
	Files func(node actors.NodeID, segmentBytes int) (Files, error)
}

// Files are the disk of a server for one run.
type Files interface {
	disk.Backing
	// Close removes them.
	Close() error
}

// Run carries out a plan. Observers see the events of its world from the first on.
func (s Stage) Run(p plan.Plan, observers ...func(*sim.Event)) Report {
	r := newRun(p)
	r.stage = s
	return r.carryOut(observers)
}

// RunToViolation carries out a plan until a promise is seen broken, and no further. Its
// first violation is that of [Stage.Run].
func (s Stage) RunToViolation(p plan.Plan, observers ...func(*sim.Event)) Report {
	return Quest{Stage: s}.Run(p, observers...)
}

// Run carries out a plan whose disks are no real files. Observers see the events of its
// world from the first on.
func Run(p plan.Plan, observers ...func(*sim.Event)) Report { return Stage{}.Run(p, observers...) }

// addFiles gives a disk real files, if the plan says so.
func (r *run) addFiles(n actors.NodeID, c *disk.Config) {
	if r.plan.Disk.Files != plan.RealFiles {
		return
	}
	if r.stage.Files == nil {
		panic("the disks of a plan are real files, and there is no place for them")
	}
	files, err := r.stage.Files(n, r.plan.Limits.Segment)
	if err != nil {
		r.fail(check.RealFiles, fmt.Sprintf("node %v has no files: %v", n, err))
		return
	}
	r.files = append(r.files, files)
	c.Backing = files
	c.Rolls = r.plan.Seed.Stream("disk files", uint64(n))
	c.Differs = func(format string, args ...any) {
		r.fail(check.RealFiles, fmt.Sprintf("node %v: %s", n, fmt.Sprintf(format, args...)))
	}
}

// leave removes what the run has left outside.
func (r *run) leave() {
	for _, f := range r.files {
		if err := f.Close(); err != nil {
			r.fail(check.RealFiles, fmt.Sprintf("files stay behind: %v", err))
		}
	}
	r.files = nil
}
