module github.com/volo-go/volo/volo-thrift

go 1.26.0

require (
	github.com/volo-go/volo/metainfo v0.0.0
	github.com/volo-go/volo/motore v0.0.0
	github.com/volo-go/volo/pilota v0.0.0
)

require (
	github.com/bytedance/gopkg v0.1.4 // indirect
	github.com/cloudwego/gopkg v0.2.0 // indirect
	github.com/cloudwego/netpoll v0.7.2 // indirect
	golang.org/x/sys v0.49.0 // indirect
)

replace github.com/volo-go/volo/motore => ../motore

replace github.com/volo-go/volo/metainfo => ../metainfo

replace github.com/volo-go/volo/pilota => ../pilota
