package main

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// processes is a cluster of serve processes on this machine, for measuring and for
// tests.
type processes struct {
	program  string
	members  []string // as --members has them
	redis    []string // addresses
	data     string
	own      bool // whether data is ours to remove
	flags    []string
	output   *os.File    // for what they say on their standard output; nil: for nobody
	errors   *os.File    // the same of their logs
	commands []*exec.Cmd // by node; nil when it does not run
}

// startNodes starts n nodes and waits until they accept writes. Data is where
// they keep theirs, or empty: in a directory of their own that is removed in the end.
func startNodes(ctx context.Context, n int, data string, flags ...string) (*processes, error) {
	p := &processes{data: data, flags: flags, errors: os.Stderr, commands: make([]*exec.Cmd, n)}
	return p, p.begin(ctx)
}

// begin starts the nodes, three unless there is room for others, or ends them.
func (p *processes) begin(ctx context.Context) (err error) {
	if p.commands == nil {
		p.commands = make([]*exec.Cmd, 3)
	}
	nodes := len(p.commands)
	defer func() {
		if err != nil {
			p.stop()
		}
	}()
	if p.data == "" {
		if p.data, err = os.MkdirTemp("", "understudy-bench-"); err != nil {
			return err
		}
		p.own = true
	}
	if p.program, err = os.Executable(); err != nil {
		return err
	}
	ports, err := freePorts(2 * nodes)
	if err != nil {
		return err
	}
	for i := range nodes {
		p.redis = append(p.redis, loopback(ports[2*i]))
		p.members = append(p.members, fmt.Sprintf("%d=%s/%s", i+1, loopback(ports[2*i+1]), loopback(ports[2*i])))
	}
	for i := range nodes {
		if err := p.start(i); err != nil {
			return err
		}
	}
	return p.ready(ctx)
}

// freePorts returns ports of the loopback interface that nobody has at the moment.
// They lie below those that systems hand out to whoever dials: a node that is down
// for a while must find its port again.
func freePorts(n int) (ports []int, err error) {
	const first, count = 10_000, 20_000
	for range 100 * n {
		if len(ports) == n {
			return ports, nil
		}
		port := first + rand.IntN(count)
		if isFree(port) && !slices.Contains(ports, port) {
			ports = append(ports, port)
		}
	}
	return nil, fmt.Errorf("found no %d free ports between %d and %d", n, first, first+count)
}

func isFree(port int) bool {
	l, err := net.Listen("tcp", loopback(port))
	return err == nil && l.Close() == nil
}

// dir is where node i keeps its data.
func (p *processes) dir(i int) string { return filepath.Join(p.data, strconv.Itoa(i+1)) }

// start runs node i, counted from zero, on the data it has.
func (p *processes) start(i int) error {
	cmd := exec.Command(p.program, append([]string{
		"serve", "--node", strconv.Itoa(i + 1), "--cluster", "bench", "--log-level", "error",
		"--members", strings.Join(p.members, ","), "--data-dir", p.dir(i),
	}, p.flags...)...)
	if p.output != nil {
		cmd.Stdout = p.output
	}
	cmd.Stderr = p.errors
	if err := cmd.Start(); err != nil {
		return err
	}
	p.commands[i] = cmd
	return nil
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
	for i := range p.commands {
		total += p.cpuOf(i)
	}
	return total
}

// cpuOf is [processes.cpu] of one node, zero if it does not run.
func (p *processes) cpuOf(i int) time.Duration {
	const tick = 10 * time.Millisecond // USER_HZ is 100 on every Linux port of Go
	cmd := p.commands[i]
	if cmd == nil {
		return 0
	}
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", cmd.Process.Pid))
	if err != nil {
		return 0
	}
	fields := bytes.Fields(stat[bytes.LastIndexByte(stat, ')')+1:])
	user, _ := strconv.Atoi(string(fields[11]))
	system, _ := strconv.Atoi(string(fields[12]))
	return time.Duration(user+system) * tick
}

// stop ends all processes at once: what they acknowledged is on their disks, and the
// last of them would look in vain for somebody to hand over to.
func (p *processes) stop() {
	for i := range p.commands {
		p.end(i, os.Kill)
	}
	if p.own {
		os.RemoveAll(p.data)
	}
}

// end sends a signal to node i, if it runs, and waits for its end.
func (p *processes) end(i int, s os.Signal) {
	cmd := p.commands[i]
	if cmd == nil {
		return
	}
	_ = cmd.Process.Signal(s) // it may have ended by itself
	_ = cmd.Wait()            // how it ended is its own affair
	p.commands[i] = nil
}
