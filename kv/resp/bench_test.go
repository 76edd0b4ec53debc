package resp

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/understudy-kv/understudy/client"
	"github.com/understudy-kv/understudy/kv"
	"github.com/understudy-kv/understudy/kv/node"
)

// An instant store answers everything at once and alike.
type instant struct {
	nodes   node.ClusterMap
	results []kv.Result
}

func (s *instant) Map() node.ClusterMap { return s.nodes }

func (s *instant) Submit(calls []*client.Call) {
	for _, c := range calls {
		c.Results = s.results[:len(c.Ops)]
		c.Done(c)
	}
}

// BenchmarkPipeline sends pipelines of several depths over loopback. An operation
// is one command; the client costs about as much as the server.
func BenchmarkPipeline(b *testing.B) {
	value := strings.Repeat("v", 256)
	for _, row := range []struct{ name, command, reply string }{
		{"set", fmt.Sprintf("*3\r\n$3\r\nSET\r\n$8\r\nkey:0001\r\n$256\r\n%s\r\n", value), "+OK\r\n"},
		{"get", "*2\r\n$3\r\nGET\r\n$8\r\nkey:0001\r\n", fmt.Sprintf("$256\r\n%s\r\n", value)},
		{"ping", "*1\r\n$4\r\nPING\r\n", "+PONG\r\n"},
	} {
		for _, depth := range []int{1, 16, 256} {
			b.Run(fmt.Sprintf("%s/%d", row.name, depth), func(b *testing.B) {
				store := &instant{testMap(), slices.Repeat([]kv.Result{{Code: kv.OK, Value: []byte(value)}}, maxBundled)}
				_, address := start(b, Config{Store: store})
				socket := dial(b, address)
				request := []byte(strings.Repeat(row.command, depth))
				reply := make([]byte, depth*len(row.reply))
				b.ReportAllocs()
				for n := 0; n < b.N; n += depth {
					if _, err := socket.Write(request); err != nil {
						b.Fatal(err)
					}
					if _, err := io.ReadFull(socket, reply); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

func BenchmarkScanner(b *testing.B) {
	request := []byte(strings.Repeat("*3\r\n$3\r\nSET\r\n$8\r\nkey:0001\r\n$16\r\n0123456789abcdef\r\n", 100))
	s := newScanner()
	b.ReportAllocs()
	for n := 0; n < b.N; {
		for rest := request; len(rest) > 0; {
			size := copy(s.room(), rest)
			s.filled(size)
			rest = rest[size:]
			for {
				args, err := s.next()
				if err != nil {
					b.Fatal(err)
				}
				if args == nil {
					break
				}
				n++
			}
		}
	}
}
