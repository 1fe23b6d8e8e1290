namespace go first
namespace java first
namespace go second
namespace java first

struct S {}
