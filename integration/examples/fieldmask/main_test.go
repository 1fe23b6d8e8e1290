package main

func Example() {
	main()
	// Output:
	// 1730 bytes: Item{ID:7 Name:"lamp" Manual:"Do not open. Do not open. Do not open. D
	// 80 bytes: Item{ID:7 Name:"lamp" Manual:"" Reviews:[Review{By:"Ada" Text:""}] Pri
	// Mistaken{Path:"fieldmask: path \"$.colour\" at offset 2: catalogue.Item has no field \"colour\""}
	// of 1730 bytes: Item{ID:8 Name:"lamp" Manual:"" Reviews:[Review{By:"Ada" Text:""}] Prices:["EUR":1200]}
}
