struct Café {
    1: string naïve
    2: i32 price€
    3: i32 b = $5
    4: i32 c = @
}

const string ok = "café 😀"
const i32 after_wide = "日本" 日本
