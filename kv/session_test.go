package kv

import (
	"bytes"
	"strings"
	"testing"
)

// count is a command that must not run twice.
func count(id, born, serial, acked uint64) Command {
	return Command{Session{id, born, serial, acked}, []Op{add("n", 1)}}
}

func (c *client) verdict(want Verdict, command Command) {
	c.t.Helper()
	if reply := c.apply(command); reply.Verdict != want {
		c.t.Errorf("%v gave %v, want %v", command, reply, want)
	}
}

func (c *client) counted(want string) {
	c.t.Helper()
	if got := string(c.store.records["n"].value.bytes()); got != want {
		c.t.Errorf("counted %s, want %s", got, want)
	}
}

func TestARepeatedCommandRunsOnceAndIsAnsweredAlike(t *testing.T) {
	c := newClient(t)
	first := c.store.Apply(5, count(1, 1, 1, 0).AppendTo(nil))
	c.store.Apply(6, count(1, 1, 2, 0).AppendTo(nil))
	again := c.store.Apply(7, count(1, 1, 1, 0).AppendTo(nil))
	if !bytes.Equal(first, again) {
		t.Errorf("first %v, then %v", c.decode(first), c.decode(again))
	}
	c.counted("2")
}

func TestCommandsMayOvertakeOneAnother(t *testing.T) {
	c := newClient(t)
	for _, serial := range []uint64{3, 1, 2, 3, 2, 1} {
		c.verdict(Applied, count(1, 1, serial, 0))
	}
	c.counted("3")
}

func TestSessionsAreApartById(t *testing.T) {
	c := newClient(t)
	c.verdict(Applied, count(1, 1, 1, 0))
	c.verdict(Applied, count(2, 1, 1, 0))
	c.verdict(Applied, count(1, 2, 1, 0)) // the same client, born again
	c.counted("3")
}

func TestWhatIsAcknowledgedIsForgottenAndNeverRunsAgain(t *testing.T) {
	c := newClient(t)
	c.verdict(Applied, count(1, 1, 1, 0))
	c.verdict(Applied, count(1, 1, 2, 1))
	c.verdict(StaleSerial, count(1, 1, 1, 0))
	session := c.store.sessions.byName[sessionName{1, 1}]
	if len(session.replies) != 1 || c.store.sessions.bytes != len(session.replies[2]) {
		t.Errorf("remembers %d replies, %d bytes", len(session.replies), c.store.sessions.bytes)
	}
	c.counted("2")
}

func TestAcknowledgingNeverGoesBack(t *testing.T) {
	c := newClient(t)
	c.verdict(Applied, count(1, 1, 9, 8))
	c.verdict(Applied, count(1, 1, 10, 2))
	c.verdict(StaleSerial, count(1, 1, 5, 2))
	c.counted("2")
}

func TestTheWindowIsBounded(t *testing.T) {
	c := newClient(t)
	c.verdict(WindowFull, count(1, 1, MaxSessionWindow+1, 0))
	c.verdict(Applied, count(1, 1, MaxSessionWindow, 0))
	c.verdict(WindowFull, count(1, 1, MaxSessionWindow+1, 0))
	c.verdict(Applied, count(1, 1, MaxSessionWindow+1, 1))
	c.counted("2")
}

// A session that skips ahead must not leave replies behind.
func TestAcknowledgingFarAheadForgetsAll(t *testing.T) {
	c := newClient(t)
	for serial := uint64(1); serial <= MaxSessionWindow; serial++ {
		c.verdict(Applied, count(1, 1, serial, 0))
	}
	c.verdict(Applied, count(1, 1, maxSerial, maxSerial-1))
	session := c.store.sessions.byName[sessionName{1, 1}]
	if len(session.replies) != 1 || c.store.sessions.bytes != len(session.replies[maxSerial]) {
		t.Errorf("remembers %d replies, %d bytes", len(session.replies), c.store.sessions.bytes)
	}
}

func TestAnIdleSessionExpiresByStamps(t *testing.T) {
	c := newClient(t)
	c.verdict(Applied, count(1, 1000, 1, 0)) // at 1001
	c.stamp = 1000 + SessionTTL
	c.verdict(Applied, count(1, 1000, 1, 0)) // at its last moment: a repetition
	c.counted("1")
	c.stamp += SessionTTL - 1
	c.verdict(Applied, count(1, 1000, 2, 0)) // used since, so alive
	c.stamp += SessionTTL
	c.verdict(SessionExpired, count(1, 1000, 2, 0))
	c.verdict(SessionExpired, count(1, 1000, 3, 0))
	c.counted("2")
	if ss := &c.store.sessions; len(ss.byName) != 0 || ss.byUse.Len() != 0 || ss.bytes != 0 {
		t.Errorf("left over: %d sessions, %d in order, %d bytes", len(ss.byName), ss.byUse.Len(), ss.bytes)
	}
}

func TestSessionsLiveAsLongAsTheirStoreWasTold(t *testing.T) {
	c := newClient(t)
	c.store = NewWithTTL(50)
	c.verdict(Applied, count(1, 1000, 1, 0)) // at 1001
	c.stamp = 1050
	c.verdict(Applied, count(1, 1000, 2, 0)) // at its last moment
	loader, capture := c.store.Loader(), c.store.Capture()
	for more := true; more; {
		var piece []byte
		if piece, more = capture.Next(100); loader.Add(piece) != nil {
			t.Fatal("a captured state is refused")
		}
	}
	loaded, err := loader.Store()
	if err != nil {
		t.Fatal(err)
	}
	for _, c.store = range []*Store{c.store, loaded} {
		c.stamp = 1101
		c.verdict(SessionExpired, count(1, 1000, 2, 0))
	}
}

func TestSessionsExpireInTheOrderOfTheirUse(t *testing.T) {
	c := newClient(t)
	c.verdict(Applied, count(1, 1, 1, 0))
	c.verdict(Applied, count(2, 1, 1, 0))
	c.verdict(Applied, count(1, 1, 1, 0))
	c.stamp = 1002 + SessionTTL // 1 was used at 1003, 2 at 1002
	c.verdict(Applied, count(1, 1, 2, 0))
	if len(c.store.sessions.byName) != 1 {
		t.Error("session 2 is remembered")
	}
	c.verdict(SessionExpired, count(2, 1, 1, 0))
	c.counted("3")
}

// A command that waited longer than a session lives may have run in the meantime.
func TestALateCommandOfAnUnknownSessionIsRefused(t *testing.T) {
	c := newClient(t)
	c.stamp = 1000 + SessionTTL - 1
	c.verdict(Applied, count(1, 1000, 1, 0)) // at the last moment
	c.verdict(SessionExpired, count(2, 1000, 1, 0))
	c.counted("1")
}

func TestASessionFromTheFutureMustWait(t *testing.T) {
	c := newClient(t)
	c.verdict(Early, count(1, 1002, 1, 0)) // at 1001
	c.verdict(Applied, count(1, 1002, 1, 0))
	c.counted("1")
}

func TestSessionsAreBounded(t *testing.T) {
	c := newClient(t)
	read := func(id uint64) Command { return Command{Session{id, 1, 1, 0}, []Op{op(Exists, "k", "")}} }
	for id := uint64(1); id <= MaxSessions; id++ {
		c.stamp++
		c.store.Apply(c.stamp, read(id).AppendTo(nil))
	}
	c.verdict(Crowded, read(MaxSessions+1))
	c.verdict(Applied, read(1))
}

func TestLongRepliesAreForgottenButNotTheirCommands(t *testing.T) {
	c := newClient(t)
	long := strings.Repeat("x", MaxRememberedReply)
	swap := Command{Session{1, 1, 2, 0}, []Op{op(Put, "n", "1").old()}}
	c.verdict(Applied, Command{Session{1, 1, 1, 0}, []Op{op(Put, "n", long)}})
	if reply := c.apply(swap); string(reply.Results[0].Value) != long {
		t.Errorf("swap: %v", reply)
	}
	c.verdict(Applied, count(1, 1, 3, 0))
	c.verdict(Forgotten, swap)
	c.counted("2")
}

func TestAFullMemoryForgetsAtOnce(t *testing.T) {
	c := newClient(t)
	c.verdict(Applied, count(1, 1, 1, 0))
	c.store.sessions.bytes = MaxRememberedBytes
	c.verdict(Applied, count(1, 1, 2, 0))
	c.verdict(Forgotten, count(1, 1, 2, 0))
	c.counted("2")
}
