namespace go bank

/** The account has less than is asked for. */
exception Overdrawn {
    1: required i64 balance,
}

service Bank {
    /** Withdraw returns what is left. */
    i64 Withdraw(1: string account, 2: i64 amount) throws (1: Overdrawn overdrawn),
}
