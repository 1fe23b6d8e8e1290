module github.com/volo-go/volo/volo-grpc

go 1.26.0

require (
	github.com/klauspost/compress v1.20.3
	github.com/volo-go/volo/metainfo v0.0.0
	github.com/volo-go/volo/motore v0.0.0
	github.com/volo-go/volo/pilota v0.0.0
	golang.org/x/net v0.62.0
	google.golang.org/protobuf v1.36.12
)

require (
	github.com/bytedance/gopkg v0.1.4 // indirect
	github.com/cloudwego/gopkg v0.2.0 // indirect
	github.com/cloudwego/netpoll v0.7.2 // indirect
	golang.org/x/sys v0.49.0 // indirect
	golang.org/x/text v0.43.0 // indirect
)

replace (
	github.com/volo-go/volo/metainfo => ../metainfo
	github.com/volo-go/volo/motore => ../motore
	github.com/volo-go/volo/pilota => ../pilota
)
