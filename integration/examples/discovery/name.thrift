namespace go name

service Name {
    /** Name returns the name of the instance that is asked. */
    string Name(),
}
