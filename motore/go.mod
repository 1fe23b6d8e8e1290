module github.com/volo-go/volo/motore

go 1.26

require (
	github.com/cloudwego/netpoll v0.7.2
	golang.org/x/sys v0.38.0
)
