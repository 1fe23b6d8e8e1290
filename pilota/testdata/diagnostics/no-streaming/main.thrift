struct Message { 1: string text }

service Chat {
    Message once(1: Message message) (streaming.mode = "unary"),
    Message talk(1: Message message) (api.post = "/talk", streaming.mode = "bidirectional"),
    Message watch(1: Message message) (streaming.mode = "server"),
}
