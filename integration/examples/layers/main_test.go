package main

func Example() {
	main()
	// Output:
	// server: Sums.Sum called with sumsSumArgs{Numbers:[1 2 3]}
	// server: Sum returned 6
	// client: Sum took less than a minute: true
	// server: Sums.Divide called with sumsDivideArgs{A:1 B:0}
	// server: Divide failed: division by zero
	// client: Divide took less than a minute: true
}
