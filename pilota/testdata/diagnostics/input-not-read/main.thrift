// input: missing.thrift
struct Fine {}
