module github.com/understudy-kv/understudy/raft/interop

go 1.26.0

require (
	github.com/understudy-kv/understudy v0.0.0
	go.etcd.io/etcd/raft/v3 v3.5.4
	go.etcd.io/raft/v3 v3.7.0
	google.golang.org/protobuf v1.36.12
)

require (
	github.com/anishathalye/porcupine v1.3.1 // indirect
	github.com/gogo/protobuf v1.3.2 // indirect
	github.com/golang/protobuf v1.5.2 // indirect
	github.com/google/btree v1.1.3 // indirect
)

replace github.com/understudy-kv/understudy => ../..
