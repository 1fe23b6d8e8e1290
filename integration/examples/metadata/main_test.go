package main

func Example() {
	main()
	// Output:
	// Front: user="Ada" hint="cheap" (there: true)
	// Back: user="Ada" hint="" (there: false)
	// client: served-by="front-7"
}
