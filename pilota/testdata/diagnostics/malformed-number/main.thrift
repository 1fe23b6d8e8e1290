const i32 a = 12abc
const double b = 1.2.3
const i32 c = 0xfg
const double d = 5.
const double ok = .5
const double good = -1.5e+10
