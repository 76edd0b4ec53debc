package disk

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/understudy-kv/understudy/actors"
)

// The tests of this file use a disk in another process, so that it can be killed or
// be given a file size limit. The child is this test binary; it appends records for
// as long as it can and prints the number of each as soon as it has been synced.

const (
	childDirectory = "UNDERSTUDY_DISK_TEST_DIRECTORY"
	childLimit     = "UNDERSTUDY_DISK_TEST_LIMIT" // bytes that its files may have
)

// childRecordBytes is the size of a child's records.
const childRecordBytes = 1000

func TestMain(m *testing.M) {
	if dir := os.Getenv(childDirectory); dir != "" {
		os.Exit(child(dir))
	}
	os.Exit(m.Run())
}

func childRecord(number int) []byte {
	return bytes.Repeat([]byte{byte(number), byte(number >> 8)}, childRecordBytes/2)
}

// child returns how the process shall exit: with 3 after a failed sync that stayed
// failed.
func child(dir string) int {
	if err := limitFiles(os.Getenv(childLimit)); err != nil {
		fmt.Println(err)
		return 1
	}
	s, err := Open(dir, us)
	if err != nil {
		fmt.Println(err)
		return 1
	}
	answers := make(chan actors.Message, 2)
	disk := s.For(actors.Ref{Node: us.Node, Name: "child"}, func(m actors.Message) { answers <- m })
	disk.OpenLog(logName)
	opened := (<-answers).(actors.LogOpened)
	if opened.Err != nil {
		fmt.Println(opened.Err)
		return 1
	}
	fmt.Println("opened")
	for number := len(opened.Records) + 1; ; number++ {
		disk.AppendLog(logName, childRecord(number))
		disk.SyncLog(logName, uint64(number))
		if err := (<-answers).(actors.LogSynced).Err; err != nil {
			fmt.Println(err)
			disk.SyncLog(logName, uint64(number))
			if again := (<-answers).(actors.LogSynced).Err; again == nil || again.Error() != err.Error() {
				fmt.Println("then", again)
				return 1
			}
			return 3
		}
		fmt.Println("synced", number)
	}
}

// limitFiles makes the kernel refuse what a file would hold beyond limit bytes.
func limitFiles(limit string) error {
	if limit == "" {
		return nil
	}
	signal.Ignore(syscall.SIGXFSZ) // the write shall fail, not kill
	bytes, err := strconv.ParseUint(limit, 10, 64)
	if err != nil {
		return err
	}
	return syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: bytes, Max: bytes})
}

func startChild(t *testing.T, dir, limit string) (*exec.Cmd, *bufio.Reader) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childDirectory+"="+dir, childLimit+"="+limit)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return cmd, bufio.NewReader(out)
}

// follow reads the child's lines until one is not "synced n" or stop says so, and
// returns the last n and that line.
func follow(out *bufio.Reader, stop func(synced int) bool) (synced int, last string) {
	for !stop(synced) {
		line, err := out.ReadString('\n')
		if err == io.EOF {
			return synced, ""
		}
		if line == "opened\n" {
			continue
		}
		if _, err := fmt.Sscanf(line, "synced %d", &synced); err != nil {
			return synced, line
		}
	}
	return synced, ""
}

// checkChildRecords demands the records 1 to at least that many.
func checkChildRecords(t *testing.T, records [][]byte, least int) {
	t.Helper()
	if len(records) < least {
		t.Errorf("the log holds %d records, but %d had been synced", len(records), least)
	}
	for i, r := range records {
		if !bytes.Equal(r, childRecord(i+1)) {
			t.Fatalf("record %d is not as it was appended", i+1)
		}
	}
}

func TestKilledProcessKeepsWhatWasSynced(t *testing.T) {
	dir := t.TempDir()
	for round := 1; round <= 3; round++ {
		cmd, out := startChild(t, dir, "")
		synced, trouble := follow(out, func(synced int) bool { return synced >= round*50 })
		if trouble != "" {
			t.Fatal(trouble)
		}
		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		rest, _ := follow(out, func(int) bool { return false })
		cmd.Wait() // it was killed: that is its error
		c := start(t, dir, segmentBytes)
		checkChildRecords(t, c.mustOpen(), max(synced, rest))
		c.mustClose()
	}
}

// TestFileSizeLimitEndsTheLog meets a real short write: the kernel takes the bytes up
// to the limit and refuses the rest.
func TestFileSizeLimitEndsTheLog(t *testing.T) {
	dir := t.TempDir()
	const limit = 15_321 // before there is a margin
	cmd, out := startChild(t, dir, fmt.Sprint(limit))
	synced, trouble := follow(out, func(int) bool { return false })
	var exit *exec.ExitError
	if err := cmd.Wait(); !errors.As(err, &exit) || exit.ExitCode() != 3 {
		t.Fatalf("the child ended with %v after %q", err, trouble)
	}
	if !strings.Contains(trouble, syscall.EFBIG.Error()) || synced == 0 {
		t.Errorf("after %d syncs the child said %q, want %q in it", synced, trouble, syscall.EFBIG.Error())
	}
	if size := len(read(t, segmentPath(dir, 1))); size != limit {
		t.Errorf("the segment has %d bytes: the write was not short", size)
	}
	c := start(t, dir, segmentBytes)
	opened := c.open()
	if opened.Err != nil || opened.Repaired == 0 {
		t.Fatalf("opened with %v, repaired %d bytes", opened.Err, opened.Repaired)
	}
	checkChildRecords(t, opened.Records, synced)
	c.append("again")
	c.mustSync()
	next := start(t, crash(t, dir), segmentBytes).mustOpen()
	if want := append(texts(opened.Records), "again"); !slices.Equal(texts(next), want) {
		t.Errorf("the repaired log holds %d records, want %d", len(next), len(want))
	}
}
