module github.com/volo-go/volo/volo-grpc

go 1.26
