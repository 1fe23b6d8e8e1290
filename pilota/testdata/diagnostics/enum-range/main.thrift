enum Big {
    MIN = -2147483648,
    LOW = -2147483649,
    MAX = 0x7fffffff,
    IMPLICIT,
    HIGH = 0x80000000,
    HUGE = 99999999999999999999,
}

const Big b = 2147483648
