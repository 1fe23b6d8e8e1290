const double big = 1e308
const double bigger = 1e309
