enum Shade { DARK }
