module github.com/volo-go/volo/volo-cli

go 1.26

require (
	github.com/spf13/cobra v1.10.1
	github.com/volo-go/volo/metainfo v0.0.0
	github.com/volo-go/volo/motore v0.0.0
	github.com/volo-go/volo/pilota v0.0.0
	github.com/volo-go/volo/volo-thrift v0.0.0
)

replace github.com/volo-go/volo/motore => ../motore

replace github.com/volo-go/volo/metainfo => ../metainfo

replace github.com/volo-go/volo/pilota => ../pilota

replace github.com/volo-go/volo/volo-thrift => ../volo-thrift
