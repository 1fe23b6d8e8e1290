struct Thing {}
struct Only {}
