module github.com/understudy-kv/understudy/raft/interop/etcd36

go 1.26.0

require (
	github.com/understudy-kv/understudy v0.0.0
	github.com/understudy-kv/understudy/raft/interop v0.0.0
	go.etcd.io/raft/v3 v3.7.0
)

require (
	github.com/anishathalye/porcupine v1.3.1 // indirect
	github.com/gogo/protobuf v1.3.2 // indirect
	github.com/golang/protobuf v1.5.4 // indirect
	github.com/google/btree v1.1.3 // indirect
	google.golang.org/protobuf v1.36.12 // indirect
)

replace github.com/understudy-kv/understudy => ../../..

replace github.com/understudy-kv/understudy/raft/interop => ..

// The harness comes from a module that needs a later version; here it is to be this one.
replace go.etcd.io/raft/v3 => go.etcd.io/raft/v3 v3.6.0
