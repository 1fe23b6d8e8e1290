module github.com/volo-go/volo/pilota

go 1.26.0
