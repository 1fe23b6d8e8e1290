module github.com/volo-go/volo/volo-grpc

go 1.26.0

require golang.org/x/net v0.62.0

require golang.org/x/text v0.43.0 // indirect

replace (
	github.com/volo-go/volo/metainfo => ../metainfo
	github.com/volo-go/volo/motore => ../motore
	github.com/volo-go/volo/pilota => ../pilota
)
