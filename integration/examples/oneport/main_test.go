package main

func Example() {
	main()
	// Output:
	// Thrift: hello, Ada <nil>
	// gRPC: hello, Grace <nil>
	// a page: HTTP/1.1 200 OK
	// Thrift ends: <nil>
	// gRPC: hello, Barbara <nil>
	// gRPC ends: <nil>
}
