package report

import "unicode"

// runeWidth returns how many columns a terminal gives to c: none for
// combining marks and other invisible runes, two for what Unicode Standard
// Annex 11 calls wide, one for the rest.
func runeWidth(c rune) int {
	switch {
	case c < 0x300:
		return 1
	case unicode.In(c, unicode.Mn, unicode.Me, unicode.Cf):
		return 0
	case isWide(c):
		return 2
	}
	return 1
}

// wide lists the blocks of wide runes that occur in text: East Asian scripts
// and emoji. Single wide symbols outside of them are left out.
var wide = [...][2]rune{
	{0x1100, 0x115F},   // Hangul Jamo
	{0x2E80, 0x303E},   // CJK radicals and punctuation
	{0x3041, 0xA4CF},   // Kana, CJK ideographs, Yi
	{0xA960, 0xA97F},   // Hangul Jamo Extended-A
	{0xAC00, 0xD7A3},   // Hangul syllables
	{0xF900, 0xFAFF},   // CJK compatibility ideographs
	{0xFE30, 0xFE6F},   // CJK compatibility forms
	{0xFF00, 0xFF60},   // full-width forms
	{0xFFE0, 0xFFE6},   // full-width signs
	{0x1F300, 0x1F64F}, // pictographs and emoticons
	{0x1F680, 0x1F6FF}, // transport symbols
	{0x1F900, 0x1F9FF}, // more pictographs
	{0x20000, 0x3FFFD}, // CJK extensions
}

func isWide(c rune) bool {
	for _, r := range wide {
		if r[0] <= c && c <= r[1] {
			return true
		}
	}
	return false
}
