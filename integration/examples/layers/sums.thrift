namespace go sums

service Sums {
    i64 Sum(1: list<i64> numbers),
    double Divide(1: double a, 2: double b),
}
