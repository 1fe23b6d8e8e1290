struct Thing {}
enum Thing { A }
typedef i32 Other
service Other {}
const i32 limit = 1
const i32 limit = 2
const i32 Thing = 3 // values have names of their own
