package main

func Example() {
	main()
	// Output:
	// hedged: all calls are answered, those to the stuck instance too
	// healthy: 9 calls, and the stuck instance was not asked
}
