namespace go plain.case

struct UserId {
    1: i64 userId,
    2: string http_url,
}
