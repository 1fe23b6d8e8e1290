package main

func Example() {
	main()
	// Output:
	// dust
	// rain
	// sun
	// wind
	// snow
	// biz error 400: no page begins at the end
}
