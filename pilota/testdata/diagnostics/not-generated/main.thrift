include "types/main.thrift"

namespace go a

service S {
    void m(1: main.X x)
}
