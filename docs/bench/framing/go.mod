module example.com/dialtone/docs/bench/framing

go 1.26.0

toolchain go1.26.5

require (
	example.com/dialtone v0.0.0
	github.com/libp2p/go-msgio v0.3.0
	github.com/smallnest/goframe v1.0.0
	google.golang.org/protobuf v1.36.12
)

require (
	github.com/libp2p/go-buffer-pool v0.0.2 // indirect
	github.com/multiformats/go-varint v0.0.6 // indirect
)

replace example.com/dialtone => ../../..
