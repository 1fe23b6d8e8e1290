module github.com/volo-go/volo/volo-grpc/contrib/grpcgo

go 1.26.0

require (
	github.com/volo-go/volo/motore v0.0.0
	github.com/volo-go/volo/volo-grpc v0.0.0
	google.golang.org/genproto/googleapis/rpc v0.0.0-20260706201446-f0a921348800
	google.golang.org/grpc v1.84.0
	google.golang.org/protobuf v1.36.12
)

require (
	cloud.google.com/go/compute/metadata v0.9.0 // indirect
	github.com/bytedance/gopkg v0.1.4 // indirect
	github.com/cloudwego/gopkg v0.2.0 // indirect
	github.com/cloudwego/netpoll v0.7.2 // indirect
	github.com/cncf/xds/go v0.0.0-20260202195803-dba9d589def2 // indirect
	github.com/envoyproxy/protoc-gen-validate v1.3.3 // indirect
	github.com/volo-go/volo/metainfo v0.0.0 // indirect
	github.com/volo-go/volo/pilota v0.0.0 // indirect
	golang.org/x/net v0.62.0 // indirect
	golang.org/x/oauth2 v0.36.0 // indirect
	golang.org/x/sys v0.49.0 // indirect
	golang.org/x/text v0.43.0 // indirect
)

replace (
	github.com/volo-go/volo/metainfo => ../../../metainfo
	github.com/volo-go/volo/motore => ../../../motore
	github.com/volo-go/volo/pilota => ../../../pilota
	github.com/volo-go/volo/volo-grpc => ../..
)
