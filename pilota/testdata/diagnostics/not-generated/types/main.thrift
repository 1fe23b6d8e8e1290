namespace go a.athrift

struct X {}
