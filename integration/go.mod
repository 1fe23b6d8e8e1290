module github.com/volo-go/volo/integration

go 1.26.0

require (
	github.com/apache/thrift v0.25.0
	github.com/cloudwego/netpoll v0.7.2
	github.com/volo-go/volo/metainfo v0.0.0
	github.com/volo-go/volo/motore v0.0.0
	github.com/volo-go/volo/pilota v0.0.0
	github.com/volo-go/volo/volo-thrift v0.0.0
	golang.org/x/sys v0.49.0
)

require (
	golang.org/x/mod v0.41.0
	google.golang.org/grpc v1.85.0
)

require (
	cloud.google.com/go/compute/metadata v0.9.0 // indirect
	github.com/bufbuild/protocompile v0.14.1 // indirect
	github.com/envoyproxy/protoc-gen-validate v1.3.3 // indirect
	golang.org/x/oauth2 v0.36.0 // indirect
	golang.org/x/sync v0.24.0 // indirect
	golang.org/x/text v0.43.0 // indirect
	google.golang.org/genproto/googleapis/rpc v0.0.0-20260817212433-ac3dfec99bb1 // indirect
)

require (
	connectrpc.com/connect v1.21.1
	github.com/cncf/xds/go v0.0.0-20260202195803-dba9d589def2
	golang.org/x/net v0.62.0
	google.golang.org/protobuf v1.36.12
)

require (
	github.com/bytedance/gopkg v0.1.4 // indirect
	github.com/cloudwego/gopkg v0.2.0
	github.com/volo-go/volo/volo-grpc v0.0.0
)

replace github.com/volo-go/volo/motore => ../motore

replace github.com/volo-go/volo/motore/contrib/otel => ../motore/contrib/otel

replace github.com/volo-go/volo/motore/contrib/prometheus => ../motore/contrib/prometheus

replace github.com/volo-go/volo/metainfo => ../metainfo

replace github.com/volo-go/volo/pilota => ../pilota

replace github.com/volo-go/volo/volo-thrift => ../volo-thrift

replace github.com/volo-go/volo/volo-cli => ../volo-cli

replace github.com/volo-go/volo/volo-grpc => ../volo-grpc
