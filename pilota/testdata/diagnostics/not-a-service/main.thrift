struct Thing {}
enum Color { RED }

service A extends Thing {}
service B extends Color {}
