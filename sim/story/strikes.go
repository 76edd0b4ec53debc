package story

import (
	"fmt"
	"strings"
	"time"

	"github.com/understudy-kv/understudy/sim/plan"
)

// words say what a strike does. Of what has none more is told when it shows: when a
// node goes down or stands still.
var words = map[plan.FaultKind]func(plan.Strike) string{
	plan.Crash:       tellCrash,
	plan.Pause:       nil,
	plan.CrashClient: nil,
	plan.Stop:        of("%s was told to stop"),
	plan.Isolate:     tellIsolation,
	plan.Split:       func(s plan.Strike) string { return fmt.Sprintf("the servers were split into %v%s", s.Sides, during(s)) },
	plan.CutLink: func(s plan.Strike) string {
		return fmt.Sprintf("packets from %s to %d were lost%s", whom(s), s.To, during(s))
	},
	plan.CutPair: func(s plan.Strike) string {
		return fmt.Sprintf("packets between %s and %d were lost%s", whom(s), s.To, during(s))
	},
	plan.Swizzle: func(s plan.Strike) string {
		return "the servers were cut off one by one, and came back in another order" + during(s)
	},
	plan.Clog: lasting("packets from other servers to %s were held"),
	plan.ClogLink: func(s plan.Strike) string {
		return fmt.Sprintf("packets from %s to %d were held%s", whom(s), s.To, during(s))
	},
	plan.Stall:           lasting("%s stood still, and nobody but clients reached it when it went on"),
	plan.SlowNode:        lasting("%s became slow"),
	plan.SlowDisk:        lasting("the disk of %s became slow"),
	plan.StickDisk:       lasting("the disk of %s stuck"),
	plan.FailSync:        of("the next sync of the disk of %s was made to fail"),
	plan.FailAppend:      of("the next append to a log of %s was made to fail"),
	plan.FailFile:        of("the next write of a file of %s was made to fail"),
	plan.FailRead:        of("%s was ended, and the first read of its next life made to fail"),
	plan.FillDisk:        of("the disk of %s was nearly full"),
	plan.Corrupt:         of("a durable record of %s was damaged"),
	plan.Misdirect:       of("a durable record of %s was put in the place of another"),
	plan.LoseLog:         of("the newest generation of the journal of %s was lost"),
	plan.CorruptSnapshot: of("a snapshot of %s was damaged while it was down"),
	plan.RotSnapshot:     of("a snapshot of %s was damaged"),
	plan.LoseSnapshot:    of("a snapshot of %s was lost"),
	plan.Wipe:            of("the disk of %s was wiped"),
	plan.JumpClock:       func(s plan.Strike) string { return fmt.Sprintf("the time of day of %s jumped by %v", whom(s), s.By) },
	plan.DriftClock: func(s plan.Strike) string {
		return fmt.Sprintf("the clocks of %s were set to drift by %d millionths", whom(s), s.Drift)
	},
	plan.Transfer: tellTransfer,
	plan.ChangeMembers: func(s plan.Strike) string {
		return fmt.Sprintf("%s was asked for voters %v and learners %v of partition %d", whom(s), s.Voters, s.Learners, s.Target.LeaderOf)
	},
}

// strikes tells the faults of a plan that struck.
func strikes(p plan.Plan) (lines []*line) {
	for _, s := range p.Strikes {
		tell := words[s.Kind]
		if s.Struck == 0 || tell == nil {
			continue
		}
		if text := tell(s); text != "" {
			lines = append(lines, &line{s.At, fault, text})
		}
	}
	return lines
}

// of returns what puts the name of who is struck into a text.
func of(text string) func(plan.Strike) string {
	return func(s plan.Strike) string { return strings.Replace(text, "%s", whom(s), 1) }
}

// lasting does the same and says for how long.
func lasting(text string) func(plan.Strike) string {
	return func(s plan.Strike) string { return of(text)(s) + during(s) }
}

func whom(s plan.Strike) string { return fmt.Sprintf("node %d", s.Struck) }

func during(s plan.Strike) string { return fmt.Sprintf(", for %v", s.For.Round(time.Millisecond)) }

// tellCrash tells of a crash that is still to come.
func tellCrash(s plan.Strike) string {
	if s.After == 0 {
		return ""
	}
	return fmt.Sprintf("%s was bound to crash after %d more effects", whom(s), s.After)
}

func tellIsolation(s plan.Strike) string {
	if s.Clients {
		return whom(s) + " was cut off from everybody" + during(s)
	}
	return whom(s) + " was cut off from the other servers, but not from clients" + during(s)
}

func tellTransfer(s plan.Strike) string {
	text := fmt.Sprintf("%s was asked to hand partition %d over", whom(s), s.Target.LeaderOf)
	if s.To != 0 {
		text += fmt.Sprintf(" to %d", s.To)
	}
	return text
}
