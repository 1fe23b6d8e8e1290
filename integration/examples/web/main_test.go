package main

func Example() {
	main()
	// Output:
	// a program: 4200
	// a page: 4200
	// a page: not_found: nobody trades OLOV
	// a page watches: 4200
	// a page watches: 4201
	// a page watches: 4202
	// may a page of https://broker.example call? 204 No Content
	// may a page of https://elsewhere.example call? 403 Forbidden
}
