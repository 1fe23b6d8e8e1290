const bool a = 3
const bool b = -1
const bool c = 0
