namespace go early

struct First {}

namespace go late
include "other.thrift"

struct Second { 1: other.Thing thing }
