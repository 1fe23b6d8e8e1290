include "user_linux.thrift"
namespace go plain.type

struct Holder {
    1: user_linux.UserId id,
}
