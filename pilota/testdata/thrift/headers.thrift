# A hash comment at the head of the file.

include "include/base.thrift"
include 'include/deep/cycle_a.thrift' ; 
cpp_include "<vector>",
namespace go test.headers
namespace cpp test.headers // beside
namespace js dashed-name.with-1-number
namespace smalltalk.category Thrift-Test
namespace * test.any (why = "because", because)
// the last header

struct Uses {
    1: base.Point point
    2: cycle_a.A a
}
