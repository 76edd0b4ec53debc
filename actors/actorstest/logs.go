package actorstest

import (
	"bytes"
	"errors"
	"fmt"
	"slices"

	"github.com/understudy-kv/understudy/actors"
)

var logChecks = []Check{
	{"the logs that were opened are listed", openedLogsAreListed},
	{"a removed log is gone, also after a crash", removedLogIsGone},
	{"the name of a removed log can be used again", removedLogBeginsAnew},
	{"to remove a log that does not exist succeeds", removingNothingSucceeds},
	{"a crash during a removal leaves all of a log or nothing", removalIsAtomic},
	{"a damaged log gives what is intact, and says where something is missing", damagedLogGivesTheRest},
	{"a damaged log takes nothing more", damagedLogTakesNothing},
	{"a damaged log can be removed", damagedLogCanBeRemoved},
}

// listLogs returns the names of the logs of node 1.
func listLogs(w World, c *clerk) ([]string, error) {
	listed, err := one[actors.LogsListed](w, c, func(d actors.Disk) { d.ListLogs() })
	return listed.Logs, errors.Join(err, listed.Err)
}

// wantLogs describes how the logs of node 1 are not those of the names given.
func wantLogs(w World, c *clerk, want ...string) error {
	got, err := listLogs(w, c)
	if err == nil && !slices.Equal(got, want) {
		err = fmt.Errorf("the logs listed are %q, want %q", got, want)
	}
	return err
}

// openLog opens a log of node 1.
func openLog(w World, c *clerk, log string) (actors.LogOpened, error) {
	opened, err := one[actors.LogOpened](w, c, func(d actors.Disk) { d.OpenLog(log) })
	if err == nil && opened.Log != log {
		err = fmt.Errorf("the disk answered about log %q, want %q", opened.Log, log)
	}
	return opened, err
}

// fillLog opens a log of node 1 and leaves the records 1 to n in it, synced.
func fillLog(w World, c *clerk, log string, n int) error {
	if opened, err := openLog(w, c, log); err != nil || opened.Err != nil {
		return errors.Join(err, opened.Err)
	}
	synced, err := one[actors.LogSynced](w, c, func(d actors.Disk) {
		appendRecords(d, log, 1, n)
		d.SyncLog(log, 1)
	})
	return errors.Join(err, synced.Err)
}

// removeLog removes a log of node 1.
func removeLog(w World, c *clerk, log string) error {
	removed, err := one[actors.LogRemoved](w, c, func(d actors.Disk) { d.RemoveLog(log) })
	if err == nil && removed.Log != log {
		err = fmt.Errorf("the disk answered about log %q, want %q", removed.Log, log)
	}
	return errors.Join(err, removed.Err)
}

// wantLog describes how a log of node 1 does not hold the records 1 to n.
func wantLog(w World, c *clerk, log string, n int) error {
	opened, err := openLog(w, c, log)
	if err = errors.Join(err, opened.Err); err != nil {
		return err
	}
	return holds(opened.Records, n, n)
}

func openedLogsAreListed(w World) error {
	c := hire(w, 1)
	err := wantLogs(w, c)
	for _, log := range []string{"journal-2", "a", "journal-1"} {
		_, failed := openLog(w, c, log)
		err = errors.Join(err, failed)
	}
	err = errors.Join(err, wantLogs(w, c, "a", "journal-1", "journal-2"))
	return errors.Join(err, wantLogs(w, rehire(w, 1), "a", "journal-1", "journal-2"))
}

// twoLogs fills two logs of node 1.
func twoLogs(w World) (*clerk, error) {
	c := hire(w, 1)
	return c, errors.Join(fillLog(w, c, "journal-1", 9), fillLog(w, c, "journal-2", 5))
}

func removedLogIsGone(w World) error {
	c, err := twoLogs(w)
	err = errors.Join(err, removeLog(w, c, "journal-1"), wantLogs(w, c, "journal-2"))
	if err != nil {
		return err
	}
	c = rehire(w, 1)
	return errors.Join(wantLogs(w, c, "journal-2"),
		wantLog(w, c, "journal-1", 0), wantLog(w, c, "journal-2", 5))
}

func removedLogBeginsAnew(w World) error {
	c, err := twoLogs(w)
	err = errors.Join(err, removeLog(w, c, "journal-1"), wantLog(w, c, "journal-1", 0))
	if err != nil {
		return err
	}
	synced, err := one[actors.LogSynced](w, c, func(d actors.Disk) {
		appendRecords(d, "journal-1", 1, 3)
		d.SyncLog("journal-1", 2)
	})
	err = errors.Join(err, synced.Err)
	c = rehire(w, 1)
	return errors.Join(err, wantLogs(w, c, "journal-1", "journal-2"), wantLog(w, c, "journal-1", 3))
}

func removingNothingSucceeds(w World) error {
	c := hire(w, 1)
	return errors.Join(removeLog(w, c, "journal-1"), wantLogs(w, c), wantLog(w, c, "journal-1", 0))
}

func removalIsAtomic(w World) error {
	c, err := twoLogs(w)
	if err != nil {
		return err
	}
	_, err = one[job](w, c, func(d actors.Disk) { d.RemoveLog("journal-1") })
	c = rehire(w, 1)
	logs, failed := listLogs(w, c)
	if err = errors.Join(err, failed); err != nil {
		return err
	}
	if slices.Contains(logs, "journal-1") {
		return errors.Join(wantLogs(w, c, "journal-1", "journal-2"), wantLog(w, c, "journal-1", 9))
	}
	return errors.Join(wantLogs(w, c, "journal-2"), wantLog(w, c, "journal-1", 0), wantLog(w, c, "journal-2", 5))
}

// damagedRecords is how many records a log has before it is damaged.
const damagedRecords = 30

// damagedLog damages the records of those numbers in a log of node 1. It is opened once
// before: what an opening gave away is as good as synced.
func damagedLog(w World, numbers ...int) (*clerk, error) {
	c := hire(w, 1)
	err := fillLog(w, c, logName, damagedRecords)
	c = rehire(w, 1)
	err = errors.Join(err, wantLog(w, c, logName, damagedRecords))
	if err != nil {
		return c, err
	}
	w.Crash(1)
	for _, number := range numbers {
		w.Damage(1, logName, record(number))
	}
	w.Restart(1)
	return hire(w, 1), nil
}

// wantHoles describes how opened is not what is left of damagedRecords records without
// those of the numbers given, which must be ascending.
func wantHoles(opened actors.LogOpened, missing ...int) error {
	if !errors.Is(opened.Err, actors.ErrCorrupt) {
		return fmt.Errorf("a damaged log opened with %v, want ErrCorrupt", opened.Err)
	}
	var want [][]byte
	var holes []int
	for number := 1; number <= damagedRecords; number++ {
		if !slices.Contains(missing, number) {
			want = append(want, record(number))
		} else if len(holes) == 0 || holes[len(holes)-1] != len(want) {
			holes = append(holes, len(want))
		}
	}
	if !slices.EqualFunc(opened.Records, want, bytes.Equal) {
		return fmt.Errorf("a damaged log gave %d records, want the %d that are intact", len(opened.Records), len(want))
	}
	if !slices.Equal(opened.Holes, holes) {
		return fmt.Errorf("a damaged log has holes at %v, want %v", opened.Holes, holes)
	}
	return nil
}

func damagedLogGivesTheRest(w World) error {
	missing := []int{4, 6, 20, damagedRecords - 1} // of some length: nothing is seen in an empty one
	c, err := damagedLog(w, missing...)
	if err != nil {
		return err
	}
	for range 2 { // by a second opening as well
		opened, failed := openLog(w, c, logName)
		err = errors.Join(err, failed, wantHoles(opened, missing...))
	}
	return errors.Join(err, wantLogs(w, c, logName))
}

func damagedLogTakesNothing(w World) error {
	c, err := damagedLog(w, 6)
	if err != nil {
		return err
	}
	_, err = openLog(w, c, logName)
	synced, failed := one[actors.LogSynced](w, c, func(d actors.Disk) {
		d.AppendLog(logName, record(damagedRecords+1))
		d.SyncLog(logName, 1)
	})
	if !errors.Is(synced.Err, actors.ErrCorrupt) {
		err = errors.Join(err, fmt.Errorf("the sync of a damaged log answered %v, want ErrCorrupt", synced.Err))
	}
	opened, again := openLog(w, rehire(w, 1), logName)
	return errors.Join(err, failed, again, wantHoles(opened, 6))
}

func damagedLogCanBeRemoved(w World) error {
	c, err := damagedLog(w, 6)
	if err != nil {
		return err
	}
	opened, err := openLog(w, c, logName)
	err = errors.Join(err, wantHoles(opened, 6), removeLog(w, c, logName), wantLogs(w, c))
	return errors.Join(err, wantLog(w, rehire(w, 1), logName, 0))
}
