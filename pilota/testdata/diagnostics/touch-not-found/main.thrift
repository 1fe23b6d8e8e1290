// touch: Poimt
// touch: other.Point
// touch: Point
struct Point {}
service S {}
