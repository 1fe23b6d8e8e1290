namespace go whoami

service WhoAmI {
    /** Name returns the name of the instance that is asked. */
    string Name(),
}
