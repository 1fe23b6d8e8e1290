module github.com/volo-go/volo/metainfo

go 1.26.0
