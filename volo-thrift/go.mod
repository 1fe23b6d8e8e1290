module github.com/volo-go/volo/volo-thrift

go 1.26

require (
	github.com/volo-go/volo/metainfo v0.0.0
	github.com/volo-go/volo/motore v0.0.0
	github.com/volo-go/volo/pilota v0.0.0
)

replace github.com/volo-go/volo/motore => ../motore

replace github.com/volo-go/volo/metainfo => ../metainfo

replace github.com/volo-go/volo/pilota => ../pilota
