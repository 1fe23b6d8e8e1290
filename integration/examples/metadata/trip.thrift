namespace go trip

/** The first stop. */
service Front {
    string Visit(),
}

/** The second stop, which Front calls. */
service Back {
    string Visit(),
}
