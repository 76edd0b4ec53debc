package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// processes is a cluster of three serve processes, for measuring.
type processes struct {
	commands []*exec.Cmd
	redis    []string
	data     string
	own      bool // whether data is ours to remove
}

// benchPort is the first of the ports that the processes use.
const benchPort = 17000

// startProcesses starts three nodes and waits until they accept writes.
func startProcesses(ctx context.Context, data string, partitions int) (_ *processes, err error) {
	p := &processes{data: data}
	defer func() {
		if err != nil {
			p.stop()
		}
	}()
	if p.data == "" {
		if p.data, err = os.MkdirTemp("", "understudy-bench-"); err != nil {
			return p, err
		}
		p.own = true
	}
	program, err := os.Executable()
	if err != nil {
		return p, err
	}
	var members []string
	for id := 1; id <= 3; id++ {
		p.redis = append(p.redis, loopback(benchPort+id))
		members = append(members, fmt.Sprintf("%d=%s/%s", id, loopback(benchPort+peerPortOffset+id), loopback(benchPort+id)))
	}
	for id := 1; id <= 3; id++ {
		cmd := exec.Command(program, "serve", "--node", strconv.Itoa(id), "--cluster", "bench", "--log-level", "warn",
			"--members", strings.Join(members, ","), "--data-dir", filepath.Join(p.data, strconv.Itoa(id)),
			"--partitions", strconv.Itoa(partitions))
		cmd.Stderr = os.Stderr
		if err := cmd.Start(); err != nil {
			return p, err
		}
		p.commands = append(p.commands, cmd)
	}
	return p, p.ready(ctx)
}

// ready waits until every node answers a write.
func (p *processes) ready(ctx context.Context) error {
	const patience = 30 * time.Second
	ctx, cancel := context.WithTimeoutCause(ctx, patience, fmt.Errorf("the cluster took no write within %v", patience))
	defer cancel()
	for _, address := range p.redis {
		for !answers(ctx, address) {
			select {
			case <-ctx.Done():
				return context.Cause(ctx)
			case <-time.After(50 * time.Millisecond):
			}
		}
	}
	return nil
}

func answers(ctx context.Context, address string) bool {
	c, err := dialRedis(ctx, address)
	if err != nil {
		return false
	}
	defer c.Close()
	return c.do(appendCommand(nil, []byte("SET"), []byte("ready"), []byte("yes")), 1) == nil
}

// cpu returns the CPU time that the processes have used, where the system tells.
func (p *processes) cpu() (total time.Duration) {
	const tick = 10 * time.Millisecond // USER_HZ is 100 on every Linux port of Go
	for _, cmd := range p.commands {
		stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", cmd.Process.Pid))
		if err != nil {
			return 0
		}
		fields := bytes.Fields(stat[bytes.LastIndexByte(stat, ')')+1:])
		user, _ := strconv.Atoi(string(fields[11]))
		system, _ := strconv.Atoi(string(fields[12]))
		total += time.Duration(user+system) * tick
	}
	return total
}

// stop ends the processes.
func (p *processes) stop() {
	for _, cmd := range p.commands {
		_ = cmd.Process.Signal(os.Interrupt) // it may have ended by itself
	}
	for _, cmd := range p.commands {
		_ = cmd.Wait()
	}
	if p.own {
		os.RemoveAll(p.data)
	}
}
