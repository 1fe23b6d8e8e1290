service Self extends Self { void a() }

service A extends B { void b() }
service B extends C {}
service C extends A {}
service LeadsToIt extends A { void b() }
