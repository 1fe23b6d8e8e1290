union Either { 1: i32 left, 2: string right }

const Either both = {"left": 1, "right": "r"}
const Either none = {}
const Either fine = {"left": 1}
