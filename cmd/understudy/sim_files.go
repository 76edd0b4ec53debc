package main

import (
	"errors"
	"os"

	"github.com/understudy-kv/understudy/actors"
	"github.com/understudy-kv/understudy/actors/disk"
	"github.com/understudy-kv/understudy/sim/cluster"
)

// stage is where runs take place: those whose disks are real files find them here.
var stage = cluster.Stage{Files: newFiles}

// productionSegment is the size of a segment of a log where a plan does not say another.
const productionSegment = 16 << 20

// newFiles makes the disk of a simulated server in a folder of its own.
func newFiles(node actors.NodeID, segmentBytes int) (cluster.Files, error) {
	dir, err := os.MkdirTemp(memory(), "understudy-sim-")
	if err != nil {
		return nil, err
	}
	if segmentBytes == 0 {
		segmentBytes = productionSegment
	}
	r, err := disk.NewRehearsal(dir, disk.Identity{Cluster: 1, Node: node}, segmentBytes)
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	return r, nil
}

// memory returns where files cost least: nothing of them needs to outlive the process.
func memory() string {
	const shared = "/dev/shm"
	if info, err := os.Stat(shared); err == nil && info.IsDir() && os.Getenv("TMPDIR") == "" {
		return shared
	}
	return os.TempDir()
}
