// Package grpcgo lets code that protoc-gen-go-grpc has generated run on
// volo-grpc, unchanged: [Conn] is the grpc.ClientConnInterface that its clients
// are made with, [Registrar] the grpc.ServiceRegistrar that its services
// register with.
//
//	conn := grpcgo.NewConn(client)                // *vologrpc.Client
//	items := itemspb.NewItemsClient(conn)
//
//	r := grpcgo.NewRegistrar(server)              // *vologrpc.Server
//	itemspb.RegisterItemsServer(r, handler)
//
// Handlers see metadata, peers and statuses through the packages of grpc-go.
// Its interceptors, stats handlers and balancers have no part in it: layers,
// discovery and balancing of volo take their place.
package grpcgo
