package main

func Example() {
	main()
	// Output:
	// registered 3
	// thrift: validate register_args.account.name: want pattern = ^[a-z]+$, got "Ada"
	// thrift: validate register_args.account.age: want ge = 18, got 7
	// thrift: validate register_args.account.mails[1]: want contains = @, got "nowhere"
}
