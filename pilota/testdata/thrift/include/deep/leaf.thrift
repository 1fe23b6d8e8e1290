include "unrelated/searched.thrift"

struct Leaf { 1: Twig twig, 2: searched.Thing thing }
struct Twig {}
