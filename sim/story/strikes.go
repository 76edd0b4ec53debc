package story

import (
	"fmt"
	"time"

	"github.com/understudy-kv/understudy/sim/plan"
)

// strikes tells the faults of a plan that struck, but for those which are told when a
// node goes down or stands still.
func strikes(p plan.Plan) (lines []*line) {
	for _, s := range p.Strikes {
		if text := strikeText(s); s.Struck != 0 && text != "" {
			lines = append(lines, &line{s.At, fault, text})
		}
	}
	return lines
}

// strikeText says what a strike does.
func strikeText(s plan.Strike) string {
	until := s.For.Round(time.Millisecond)
	switch s.Kind {
	case plan.Crash:
		if s.After > 0 {
			return fmt.Sprintf("node %d was bound to crash after %d more effects", s.Struck, s.After)
		}
		return ""
	case plan.Pause:
		return ""
	case plan.Stop:
		return fmt.Sprintf("node %d was told to stop", s.Struck)
	case plan.SlowNode:
		return fmt.Sprintf("node %d computed slowly, for %v", s.Struck, until)
	case plan.CrashClient:
		return fmt.Sprintf("the process of client %d ended; another took its place %v later", s.Struck, until)
	case plan.Transfer:
		return fmt.Sprintf("node %d was asked to hand partition %d over%s", s.Struck, s.Target.LeaderOf, heir(s.To))
	case plan.ChangeMembers:
		return fmt.Sprintf("node %d was asked for voters %v and learners %v of partition %d",
			s.Struck, s.Voters, s.Learners, s.Target.LeaderOf)
	case plan.JumpClock:
		return fmt.Sprintf("the time of day of node %d jumped by %v", s.Struck, s.By)
	case plan.DriftClock:
		return fmt.Sprintf("the clocks of node %d were off by %d millionths of the time, for %v", s.Struck, s.Drift, until)
	}
	if text := linkText(s, until); text != "" {
		return text
	}
	return diskText(s, until)
}

// linkText says what a strike does to packets, if it does.
func linkText(s plan.Strike, until time.Duration) string {
	switch s.Kind {
	case plan.Isolate:
		if s.Clients {
			return fmt.Sprintf("node %d was cut off from everybody, for %v", s.Struck, until)
		}
		return fmt.Sprintf("node %d was cut off from the other servers, for %v; clients reached it", s.Struck, until)
	case plan.Stall:
		return fmt.Sprintf("node %d stood still while it was cut off from the other servers, for %v", s.Struck, until)
	case plan.Split:
		return fmt.Sprintf("the servers were split into %v, for %v", s.Sides, until)
	case plan.CutLink:
		return fmt.Sprintf("packets from node %d to %d were lost, for %v", s.Struck, s.To, until)
	case plan.CutPair:
		return fmt.Sprintf("packets between nodes %d and %d were lost, for %v", s.Struck, s.To, until)
	case plan.Swizzle:
		return fmt.Sprintf("servers were cut off one after the other, %v, and came back in the order %v, within %v",
			s.Sides[0], s.Sides[1], until)
	case plan.Clog:
		return fmt.Sprintf("packets from other servers to node %d were held, for %v", s.Struck, until)
	case plan.ClogLink:
		return fmt.Sprintf("packets from node %d to %d were held, for %v", s.Struck, s.To, until)
	}
	return ""
}

// diskText says what a strike does to a disk.
func diskText(s plan.Strike, until time.Duration) string {
	switch s.Kind {
	case plan.SlowDisk:
		return fmt.Sprintf("the disk of node %d became slow, for %v", s.Struck, until)
	case plan.StickDisk:
		return fmt.Sprintf("the disk of node %d stuck, for %v", s.Struck, until)
	case plan.FailSync:
		return fmt.Sprintf("the next sync of the disk of node %d was made to fail", s.Struck)
	case plan.FailAppend:
		return fmt.Sprintf("the next append to a log of node %d was made to fail", s.Struck)
	case plan.FailFile:
		return fmt.Sprintf("the next write of a file of node %d was made to fail, for %v", s.Struck, until)
	case plan.FailRead:
		return fmt.Sprintf("node %d was restarted, and a read of its disk was made to fail, for %v", s.Struck, until)
	case plan.FillDisk:
		return fmt.Sprintf("the disk of node %d had room for %d bytes more, for %v", s.Struck, s.After, until)
	case plan.Misdirect:
		return fmt.Sprintf("a durable record of node %d was put in the place of another", s.Struck)
	case plan.LoseLog:
		return fmt.Sprintf("the newest log of the journal of node %d was lost", s.Struck)
	case plan.LoseSnapshot:
		return fmt.Sprintf("a snapshot of node %d was lost", s.Struck)
	case plan.Wipe:
		return fmt.Sprintf("the disk of node %d was wiped", s.Struck)
	case plan.Corrupt:
		return fmt.Sprintf("a durable record of node %d was damaged", s.Struck)
	case plan.CorruptSnapshot, plan.RotSnapshot:
		return fmt.Sprintf("a snapshot of node %d was damaged", s.Struck)
	}
	return fmt.Sprintf("node %d was struck by %s, for %v", s.Struck, s.Kind, until)
}

func heir(to int) string {
	if to == 0 {
		return ""
	}
	return fmt.Sprintf(" to %d", to)
}
