struct (Lost) {}
union Found {}
