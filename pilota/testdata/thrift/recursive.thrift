struct Tree { 1: list<Tree> children, 2: i16 item }
struct Chain { 1: optional Chain next }
struct Direct { 1: Direct inner }
struct Ping { 1: optional Pong pong }
struct Pong { 1: map<string, PingAlias> pings }
typedef Ping PingAlias
union Expr { 1: i32 number, 2: list<Expr> sum, 3: Not not }
struct Not { 1: required Expr expr }
exception Cause { 1: optional Cause cause }
struct Flat { 1: Tree tree }
