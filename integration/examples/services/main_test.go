package main

func Example() {
	main()
	// Output:
	// Item{Name:"teapot" Cents:2500} <nil>
	// 1 <nil>
	// 1 <nil>
}
