package main

func Example() {
	main()
	// Output:
	// find returns shop.Item: Finds one item.
	// {"id":7,"name":"lamp","tags":["old","heavy"],"prices":{"EUR":1200}}
	// declared: NotFound{"id":404}
	// generic: Shop.find: arguments: dynamic: find_args.id at offset 7: unexpected value: "seven" is no integer
	// {"success":{"id":7,"tags":["old"],"prices":{"EUR":1200}}}
}
