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
	github.com/beorn7/perks v1.0.1 // indirect
	github.com/bufbuild/protocompile v0.14.1 // indirect
	github.com/cespare/xxhash/v2 v2.3.0 // indirect
	github.com/envoyproxy/protoc-gen-validate v1.3.3 // indirect
	github.com/go-logr/logr v1.4.4 // indirect
	github.com/go-logr/stdr v1.2.2 // indirect
	github.com/google/uuid v1.6.0 // indirect
	github.com/munnerz/goautoneg v0.0.0-20191010083416-a7dc8b61c822 // indirect
	github.com/prometheus/client_golang v1.25.0
	github.com/prometheus/client_model v0.6.3 // indirect
	github.com/prometheus/common v0.72.0 // indirect
	github.com/prometheus/procfs v0.22.0 // indirect
	github.com/volo-go/volo/motore/contrib/otel v0.0.0
	github.com/volo-go/volo/motore/contrib/prometheus v0.0.0
	go.opentelemetry.io/auto/sdk v1.2.1 // indirect
	go.opentelemetry.io/otel v1.47.0
	go.opentelemetry.io/otel/log v1.47.0 // indirect
	go.opentelemetry.io/otel/metric v1.47.0 // indirect
	go.opentelemetry.io/otel/sdk v1.47.0
	go.opentelemetry.io/otel/sdk/metric v1.47.0
	go.opentelemetry.io/otel/trace v1.47.0 // indirect
	golang.org/x/oauth2 v0.37.0 // indirect
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
