namespace go clock

service Clock {
    /** Weekday returns the day of the week of a date such as 2006-01-02. */
    string Weekday(1: string date),
}
