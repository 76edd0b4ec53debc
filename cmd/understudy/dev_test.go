package main

import (
	"bytes"
	"context"
	"errors"
	"math/rand/v2"
	"net"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/understudy-kv/understudy/client"
)

// devCluster runs dev on the data given until do returns, and returns how it ended.
func devCluster(t *testing.T, data string, do func(*client.Client)) error {
	t.Helper()
	return devClusterAt(t, data, func(c *client.Client, _ string) { do(c) })
}

// devClusterAt tells also the address of a node.
func devClusterAt(t *testing.T, data string, do func(c *client.Client, address string)) error {
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
			do(c, address)
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
