module github.com/volo-go/volo/volo-cli

go 1.26.0

require (
	github.com/HdrHistogram/hdrhistogram-go v1.4.0
	github.com/rogpeppe/go-internal v1.16.0
	github.com/spf13/cobra v1.10.2
	github.com/spf13/pflag v1.0.9
	github.com/volo-go/volo/metainfo v0.0.0
	github.com/volo-go/volo/motore v0.0.0
	github.com/volo-go/volo/pilota v0.0.0
	github.com/volo-go/volo/volo-grpc v0.0.0
	github.com/volo-go/volo/volo-thrift v0.0.0
	go.yaml.in/yaml/v3 v3.0.6
	golang.org/x/mod v0.41.0
	google.golang.org/protobuf v1.36.12
)

require (
	github.com/bufbuild/protocompile v0.14.1 // indirect
	github.com/bytedance/gopkg v0.1.4 // indirect
	github.com/cloudwego/gopkg v0.2.0 // indirect
	github.com/cloudwego/netpoll v0.7.2 // indirect
	github.com/inconshreveable/mousetrap v1.1.0 // indirect
	golang.org/x/net v0.62.0 // indirect
	golang.org/x/sync v0.24.0 // indirect
	golang.org/x/sys v0.49.0 // indirect
	golang.org/x/text v0.43.0 // indirect
	golang.org/x/tools v0.51.0 // indirect
)

replace github.com/volo-go/volo/metainfo => ../metainfo

replace github.com/volo-go/volo/motore => ../motore

replace github.com/volo-go/volo/pilota => ../pilota

replace github.com/volo-go/volo/volo-grpc => ../volo-grpc

replace github.com/volo-go/volo/volo-thrift => ../volo-thrift
