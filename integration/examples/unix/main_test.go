package main

func Example() {
	main()
	// Output:
	// serving on a unix socket
	// Sunday <nil>
	// served: <nil>
	// the socket is gone: true
}
