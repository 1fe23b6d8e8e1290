namespace go greeter

service Greeter {
    string Greet(1: string name),
}
