namespace go hello

/** Says hello. */
service Hello {
  /** Greet returns a greeting for name. */
  string Greet(1: string name)
}
