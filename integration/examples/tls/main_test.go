package main

func Example() {
	main()
	// Output:
	// server: a connection from Ada
	// Ada, with a certificate: "the cake is a lie"
	// Eve, without one: refused by the server
	// Bob, who trusts somebody else: does not trust the server
}
