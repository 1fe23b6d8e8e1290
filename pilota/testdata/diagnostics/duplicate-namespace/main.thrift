namespace go first
namespace java first
namespace go second
namespace java first
namespace go

struct S {}
