package main

func Example() {
	main()
	// Output:
	// Hello, Ada
	// at most 20 letters, please
}
