// Package disk is the real storage below the seam: it implements [actors.Disk] with
// files of one data directory per node.
//
// Its logs are kept by github.com/tidwall/wal, which has no checksums, does not
// survive a torn write and never syncs a directory. What this package adds is
// specified in docs/journal.md: every record travels in a checked frame, the
// files are scanned and repaired before the wal sees them, and the first failure of
// a log is its last word.
//
// The package needs flock and a directory that can be synced, as Unix has them.
package disk

import (
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"github.com/understudy-kv/understudy/actors"
)

// MaxRecordBytes is the size of the largest record a log takes. A larger one fails
// the log.
const MaxRecordBytes = 64 << 20

// segmentBytes is the size at which a segment is full. The wal keeps the last segment
// in memory and recovery writes it anew, so it is small.
const segmentBytes = 16 << 20

const (
	directoryMode = 0o750
	fileMode      = 0o640
)

// logsDirectory is the part of a data directory that holds the logs.
const logsDirectory = "logs"

var errClosed = errors.New("the data directory is closed")

// An Identity says whose data a directory holds. It never changes.
type Identity struct {
	Cluster uint64
	Node    actors.NodeID
}

// A Store is an open data directory: the disk of one node. Its methods may be called
// by any goroutine.
type Store struct {
	volume       volume
	dir          string
	lock         *os.File
	registry     *registry
	segmentBytes int
	openWAL      func(dir string, segmentBytes int) (segments, error)

	cabinet *cabinet

	mu     sync.Mutex
	logs   map[string]*log
	closed bool
}

// Open opens the data directory of the node id, and creates it if it does not exist
// or is empty. It fails if the directory holds the data of somebody else, or is in
// use by another process; the error says what to do.
func Open(dir string, id Identity) (*Store, error) { return openOn(local{}, dir, id) }

func openOn(v volume, dir string, id Identity) (*Store, error) {
	return openWith(v, dir, id, newWorker)
}

func openWith(v volume, dir string, id Identity, newWorker func() *worker) (*Store, error) {
	if id.Cluster == 0 || id.Node == 0 {
		return nil, fmt.Errorf("data directory %s: cluster %d and node %d: neither may be zero", dir, id.Cluster, id.Node)
	}
	if err := prepare(v, dir); err != nil {
		return nil, err
	}
	lock, err := lockDirectory(dir)
	if err != nil {
		return nil, err
	}
	registry, err := enter(v, dir, id)
	if err != nil {
		return nil, errors.Join(err, lock.Close())
	}
	cabinet, err := openCabinet(v, filepath.Join(dir, filesDirectory), newWorker)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("data directory %s: %w", dir, err), lock.Close())
	}
	return &Store{
		volume: v, dir: dir, lock: lock, registry: registry, cabinet: cabinet,
		segmentBytes: segmentBytes, openWAL: openWAL,
		logs: map[string]*log{},
	}, nil
}

// prepare makes sure that dir exists and holds nothing foreign.
func prepare(v volume, dir string) error {
	if err := makeDirectory(v, dir); err != nil {
		return fmt.Errorf("data directory %s: %w", dir, err)
	}
	files, err := os.ReadDir(dir)
	if err != nil {
		return fmt.Errorf("data directory %s: %w", dir, err)
	}
	named := func(name string) bool {
		return slices.ContainsFunc(files, func(f os.DirEntry) bool { return f.Name() == name })
	}
	if named(identityFile) {
		return nil
	}
	for _, f := range files {
		if name := f.Name(); name != lockFile && name != identityFile+temporary && name != "lost+found" {
			return fmt.Errorf("data directory %s is not empty but has no file %q, so it belongs to something else "+
				"or has lost its identity: it holds %q. Choose an empty directory", dir, identityFile, name)
		}
	}
	return nil
}

// enter checks whose directory this is, or makes it id's, and makes its next
// incarnation durable.
func enter(v volume, dir string, id Identity) (*registry, error) {
	r := &registry{volume: v, path: filepath.Join(dir, identityFile)}
	var err error
	r.label, err = readLabel(r.path)
	if errors.Is(err, os.ErrNotExist) {
		r.label = label{Identity: id, directory: rand.Uint32()}
	} else if err != nil {
		return nil, err
	}
	if err := r.label.check(dir, id); err != nil {
		return nil, err
	}
	next := r.label
	next.incarnation++
	if err := r.replace(next); err != nil {
		return nil, fmt.Errorf("data directory %s: %w", dir, err)
	}
	if err := removeUnlisted(v, filepath.Join(dir, logsDirectory), r); err != nil {
		return nil, fmt.Errorf("data directory %s: %w", dir, err)
	}
	return r, nil
}

// removeUnlisted removes what a crash left of logs that were being created or removed.
func removeUnlisted(v volume, dir string, r *registry) error {
	if err := makeDirectory(v, dir); err != nil {
		return err
	}
	logs, err := os.ReadDir(dir)
	for _, log := range logs {
		if _, listed := r.find(log.Name()); !listed {
			err = errors.Join(err, removeDurably(v, filepath.Join(dir, log.Name())))
		}
	}
	return err
}

// Incarnation returns how often the directory has been opened, this time included.
func (s *Store) Incarnation() uint64 { return s.registry.incarnation() }

// Directory returns a random number that was drawn when the directory was made.
func (s *Store) Directory() uint32 { return s.registry.directory() }

// For returns the disk as the actor owner sees it. Completions are handed to post,
// which must not block; those of one log come in order.
func (s *Store) For(owner actors.Ref, post func(actors.Message)) actors.Disk {
	return &view{store: s, owner: owner, post: post, opened: map[string]*log{}}
}

// Close finishes what has been asked, makes durable what the logs hold and gives the
// directory free; files that are not sealed are lost. It returns what failed the logs.
// That a log is corrupt is no failure: whoever opened it knows.
func (s *Store) Close() error {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return errClosed
	}
	s.closed = true
	logs := slices.Collect(maps.Values(s.logs))
	s.mu.Unlock()
	var errs []error
	for _, l := range logs {
		errs = append(errs, l.close())
	}
	return errors.Join(append(errs, s.cabinet.close(), s.lock.Close())...)
}

// ask queues r with the log of that name, which it starts if need be, and returns it.
func (s *Store) ask(name string, r request) (*log, error) {
	if err := actors.CheckName(name); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil, errClosed
	}
	l := s.logs[name]
	if l == nil {
		l = newLog(s, name)
		s.logs[name] = l
	}
	l.ask(r) // it looks at r: only the store ends a log
	return l, nil
}

// retire ends a log that was removed, unless somebody asks for it again, and reports
// whether it did.
func (s *Store) retire(l *log) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !l.end() {
		return false
	}
	delete(s.logs, l.name)
	return true
}
