package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/understudy-kv/understudy/client"
)

// resident returns the memory that the process of a node occupies, in bytes, or zero if
// it does not run or the system does not tell.
func (p *processes) resident(i int) int64 { return p.procStatus(i, "VmRSS:") }

// procStatus returns a number of bytes from what Linux says about a process.
func (p *processes) procStatus(i int, field string) int64 {
	cmd := p.commands[i]
	if cmd == nil {
		return 0
	}
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", cmd.Process.Pid))
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(text), field)
	words := strings.Fields(rest)
	if len(words) == 0 {
		return 0
	}
	kib, _ := strconv.ParseInt(words[0], 10, 64) // zero if it is no number
	return kib << 10
}

// written returns how many bytes the process of a node has written to disks since it
// was started, or zero.
func (p *processes) written(i int) int64 {
	cmd := p.commands[i]
	if cmd == nil {
		return 0
	}
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/io", cmd.Process.Pid))
	if err != nil {
		return 0
	}
	_, rest, _ := bytes.Cut(text, []byte("\nwrite_bytes: "))
	number, _, _ := bytes.Cut(rest, []byte("\n"))
	n, _ := strconv.ParseInt(string(number), 10, 64) // zero if it is no number
	return n
}

// A footprint is what a node has on its disk, in bytes.
type footprint struct {
	Journal   int64 `json:"journalBytes"`
	Snapshots int64 `json:"snapshotBytes"`
	// Generation is the number of the newest generation of the journal.
	Generation int `json:"generation"`
}

// footprintOf measures a data directory. Files may vanish meanwhile.
func footprintOf(dir string) (footprint, error) {
	journal, err := sizeOfTree(filepath.Join(dir, "logs"))
	snapshots, err2 := sizeOfTree(filepath.Join(dir, "files"))
	f := footprint{Journal: journal, Snapshots: snapshots}
	logs, _ := filepath.Glob(filepath.Join(dir, "logs", "journal-*")) // the pattern is sound
	for _, log := range logs {
		_, digits, _ := strings.Cut(filepath.Base(log), "-")
		number, _ := strconv.Atoi(digits) // zero if it is none of ours
		f.Generation = max(f.Generation, number)
	}
	return f, errors.Join(err, err2)
}

func sizeOfTree(dir string) (bytes int64, err error) {
	err = filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			var info fs.FileInfo
			if info, err = d.Info(); err == nil {
				bytes += info.Size()
			}
		}
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		return err
	})
	return bytes, err
}

// A snapshotFile is a snapshot of a group on the disk of a node.
type snapshotFile struct {
	name     string
	bytes    int64
	complete bool // or being written
}

// snapshotsOf lists the snapshots of a group in a data directory.
func snapshotsOf(dir string, group uint64) (list []snapshotFile) {
	entries, err := os.ReadDir(filepath.Join(dir, "files"))
	if err != nil {
		return nil
	}
	prefix := fmt.Sprintf("snapshot-%d-", group)
	for _, e := range entries {
		info, err := e.Info()
		if err != nil || !strings.HasPrefix(e.Name(), prefix) {
			continue
		}
		name, writing := strings.CutSuffix(e.Name(), ".tmp")
		list = append(list, snapshotFile{name: name, bytes: info.Size(), complete: !writing})
	}
	return list
}

// dial connects a client with the nodes.
func (p *processes) dial(ctx context.Context) (*client.Client, error) {
	var addresses []string
	for _, m := range p.members {
		member, err := parseMember(m)
		if err != nil {
			return nil, err
		}
		addresses = append(addresses, member.Address)
	}
	quiet := slog.New(slog.DiscardHandler)
	return client.New(ctx, client.Config{Addresses: addresses, Log: quiet})
}
