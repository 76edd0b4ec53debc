package main

import (
	"bytes"
	"context"
	"errors"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/understudy-kv/understudy/client"
)

// devCluster runs dev on the data given until do returns, or if do is nil until it ends
// by itself, and returns how it ended.
func devCluster(t *testing.T, data string, do func(*client.Client)) error {
	t.Helper()
	f := devFlags{nodes: 3, port: devPort(t), data: data, partitions: 4, replication: 3, settings: defaults()}
	f.log = logFlags{level: "error", format: "text"}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	var out bytes.Buffer
	go func() { ended <- dev(ctx, f, &out, &out) }()
	address := loopback(f.port + peerPortOffset)
	connected := make(chan struct{})
	go func() {
		defer close(connected)
		for ctx.Err() == nil {
			c, err := client.New(ctx, client.Config{Addresses: []string{address}})
			if err != nil {
				time.Sleep(10 * time.Millisecond)
				continue
			}
			defer c.Close()
			if do == nil {
				<-ctx.Done()
			} else {
				do(c)
			}
			return
		}
	}()
	select {
	case <-connected:
		cancel()
		return <-ended
	case err := <-ended:
		cancel()
		<-connected
		return err
	}
}

// devPort finds room for a dev cluster, below the ports that systems hand out to
// whoever dials.
func devPort(t *testing.T) int {
	t.Helper()
	for range 100 {
		if port := 10_000 + rand.IntN(20_000); hasRoom(port) {
			return port
		}
	}
	t.Fatal("no free ports")
	return 0
}

func hasRoom(port int) bool {
	for i := range 3 {
		if !isFree(port+i) || !isFree(port+peerPortOffset+i) {
			return false
		}
	}
	return true
}

func TestDevFindsItsDataAgain(t *testing.T) {
	data := t.TempDir()
	err := devCluster(t, data, func(c *client.Client) {
		if err := c.Put(t.Context(), "k", []byte("v")); err != nil {
			t.Error(err)
		}
	})
	if err != nil {
		t.Fatalf("the first life: %v", err)
	}
	err = devCluster(t, data, func(c *client.Client) {
		if v, found, err := c.Get(t.Context(), "k"); err != nil || !found || string(v) != "v" {
			t.Errorf("the second life read %q, %v, %v", v, found, err)
		}
	})
	if err != nil {
		t.Fatalf("the second life: %v", err)
	}
}

func TestDamagedJournalStopsTheNodeWithAnExplanation(t *testing.T) {
	data := t.TempDir()
	err := devCluster(t, data, func(c *client.Client) {
		for i := range 20 {
			if err := c.Put(t.Context(), strconv.Itoa(i), bytes.Repeat([]byte("v"), 100)); err != nil {
				t.Error(err)
			}
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	damage(t, filepath.Join(data, "node-2"))
	err = devCluster(t, data, nil)
	if err == nil || !strings.Contains(err.Error(), "node 2: ") || !strings.Contains(err.Error(), "corrupt data") {
		t.Errorf("dev ended with %v", err)
	}
}

// damage flips a bit in the middle of the largest file of a node.
func damage(t *testing.T, dir string) {
	t.Helper()
	var largest string
	var text []byte
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		if len(b) > len(text) {
			largest, text = path, b
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	text[len(text)/2] ^= 1
	if err := os.WriteFile(largest, text, 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestDevRefusesWhatIsNotItsOwn(t *testing.T) {
	data := t.TempDir()
	if err := devCluster(t, data, func(*client.Client) {}); err != nil {
		t.Fatal(err)
	}
	port := strconv.Itoa(devPort(t))
	code, _, errs := understudy(t, "dev", "--data", data, "--port", port, "--partitions", "5")
	if code != exitFailure || !strings.Contains(errs, "belongs to cluster") || !strings.Contains(errs, "partitions") {
		t.Errorf("another shape: exit code %d, %s", code, errs)
	}
	taken, err := net.Listen("tcp", loopback(0))
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	port = strconv.Itoa(taken.Addr().(*net.TCPAddr).Port)
	code, _, errs = understudy(t, "dev", "--data", t.TempDir(), "--port", port)
	if code != exitFailure || !strings.Contains(errs, "address already in use") {
		t.Errorf("a port in use: exit code %d, %s", code, errs)
	}
}

func TestServeRefusesTheDirectoryOfAnotherNode(t *testing.T) {
	data := t.TempDir()
	if err := devCluster(t, data, func(*client.Client) {}); err != nil {
		t.Fatal(err)
	}
	s := devFlags{nodes: 3, port: devPort(t), partitions: 4, replication: 3}.shape()
	_, err := startServer(t.Context(), serverConfig{
		shape: s, settings: defaults(), id: 2, dir: nodeDir(data, 1), listen: loopback(0), redis: loopback(0), failed: func(error) {},
	})
	if err == nil || !strings.Contains(err.Error(), "belongs to node 1 of this cluster, not to node 2") {
		t.Errorf("startServer: %v", err)
	}
	if errors.Is(err, context.Canceled) {
		t.Error("the reason is not told")
	}
}
