package main

func Example() {
	main()
	// Output:
	// left: 70
	// declared: the balance is 100
	// business: 4001 nothing to withdraw map[account:savings]
	// call: remote: thrift: internal error: the vault is on fire
	// time is up
}
