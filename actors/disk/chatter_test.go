package disk

import (
	"fmt"

	"github.com/understudy-kv/understudy/actors"
)

// A moment is a change to a data directory, or something that was asked of its store or
// answered.
type moment struct {
	change
	talk any // a promise was asked for, or given; nil for a change
}

// String prints the moment in a line.
func (m moment) String() string {
	if m.talk != nil {
		return fmt.Sprintf("%T %+v", m.talk, m.talk)
	}
	return m.change.String()
}

// A diary is a recorder that keeps what it sees, and what is said meanwhile.
type diary struct {
	recorder
	moments []moment // guarded by the recorder's lock
}

func newDiary(root string) *diary {
	d := &diary{recorder: recorder{root: root}}
	d.seen = func(c change) { d.moments = append(d.moments, moment{change: c}) }
	return d
}

// talk writes down what was asked or answered.
func (d *diary) talk(m any) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.moments = append(d.moments, moment{talk: m})
}

// start opens a store on the diary, with segments of that size.
func (d *diary) start(segmentBytes int) (*Store, error) {
	s, err := openOn(d, d.root, us)
	if err != nil {
		return nil, err
	}
	s.segmentBytes, s.openWAL = segmentBytes, d.openWAL
	return s, nil
}

// A recordedDisk writes down what is asked of it and what it answers.
type recordedDisk struct {
	actors.Disk
	diary   *diary
	answers chan actors.Message
}

func (d *diary) disk(s *Store) *recordedDisk {
	r := &recordedDisk{diary: d, answers: make(chan actors.Message, 1000)}
	r.Disk = s.For(actors.Ref{Node: us.Node, Name: "recorded"}, func(m actors.Message) {
		d.talk(m)
		r.answers <- m
	})
	return r
}

// What is asked, as it is written down.
type (
	askedOpen   struct{ log string }
	askedSync   struct{ log string }
	askedAppend struct {
		log    string
		record []byte
	}
	askedRemoveLog struct{ log string }
	askedWrite     struct {
		file  string
		piece []byte
	}
	askedSeal       struct{ file string }
	askedRemoveFile struct{ file string }
)

func (d *recordedDisk) AppendLog(log string, record []byte) {
	d.diary.talk(askedAppend{log, record})
	d.Disk.AppendLog(log, record)
}

func (d *recordedDisk) OpenLog(log string) {
	d.diary.talk(askedOpen{log})
	d.Disk.OpenLog(log)
}

func (d *recordedDisk) SyncLog(log string, mark uint64) {
	d.diary.talk(askedSync{log})
	d.Disk.SyncLog(log, mark)
}

func (d *recordedDisk) RemoveLog(log string) {
	d.diary.talk(askedRemoveLog{log})
	d.Disk.RemoveLog(log)
}

func (d *recordedDisk) WriteFile(file string, piece []byte) {
	d.diary.talk(askedWrite{file, piece})
	d.Disk.WriteFile(file, piece)
}

func (d *recordedDisk) SealFile(file string) {
	d.diary.talk(askedSeal{file})
	d.Disk.SealFile(file)
}

func (d *recordedDisk) RemoveFile(file string) {
	d.diary.talk(askedRemoveFile{file})
	d.Disk.RemoveFile(file)
}
