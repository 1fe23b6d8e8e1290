#include "textflag.h"

// func ascii(s *byte, n int) bool
//
// Safety: n is 16 at least, and every load lies within s[:n]: the last 16
// bytes are loaded first, then 64 or 16 at a time from the front as long as
// that many remain. Nothing is written but the result.
TEXT ·ascii(SB), NOSPLIT, $0-17
	MOVQ  s+0(FP), SI
	MOVQ  n+8(FP), CX
	MOVOU -16(SI)(CX*1), X0
	PXOR  X1, X1
	PCALIGN $32

blocks:
	CMPQ  CX, $64
	JLT   words
	MOVOU (SI), X2
	MOVOU 16(SI), X3
	MOVOU 32(SI), X4
	MOVOU 48(SI), X5
	POR   X3, X2
	POR   X5, X4
	POR   X2, X0
	POR   X4, X1
	ADDQ  $64, SI
	SUBQ  $64, CX
	JMP   blocks

words:
	CMPQ  CX, $16
	JLE   done
	MOVOU (SI), X2
	POR   X2, X0
	ADDQ  $16, SI
	SUBQ  $16, CX
	JMP   words

done:
	POR      X1, X0
	PMOVMSKB X0, AX
	TESTL    AX, AX
	SETEQ    ret+16(FP)
	RET

// func copyText(to, s *byte, n int) bool
//
// Safety: n is 16 at least, to and s have n bytes each and do not overlap.
// Loads lie within s[:n] and stores within to[:n], as above; the last 16 bytes
// are stored last, over what is the same.
TEXT ·copyText(SB), NOSPLIT, $0-25
	MOVQ  to+0(FP), DI
	MOVQ  s+8(FP), SI
	MOVQ  n+16(FP), CX
	MOVOU -16(SI)(CX*1), X0
	LEAQ  -16(DI)(CX*1), DX
	MOVOU X0, X1

pairs:
	CMPQ  CX, $32
	JLE   rest
	MOVOU (SI), X2
	MOVOU 16(SI), X3
	MOVOU X2, (DI)
	MOVOU X3, 16(DI)
	POR   X3, X2
	POR   X2, X1
	ADDQ  $32, SI
	ADDQ  $32, DI
	SUBQ  $32, CX
	JMP   pairs

rest:
	CMPQ  CX, $16
	JLE   last
	MOVOU (SI), X2
	MOVOU X2, (DI)
	POR   X2, X1

last:
	MOVOU    X0, (DX)
	PMOVMSKB X1, AX
	TESTL    AX, AX
	SETEQ    ret+24(FP)
	RET

// func hasAVX2() bool
//
// Intel's manual, volume 1, 14.7.1: the instructions are there, and the system
// keeps the registers.
TEXT ·hasAVX2(SB), NOSPLIT, $0-1
	MOVB  $0, ret+0(FP)
	MOVL  $0, AX
	MOVL  $0, CX
	CPUID
	CMPL  AX, $7
	JLT   no
	MOVL  $1, AX
	MOVL  $0, CX
	CPUID
	ANDL  $0x18000000, CX // OSXSAVE, AVX
	CMPL  CX, $0x18000000
	JNE   no
	MOVL  $0, CX
	XGETBV
	ANDL  $6, AX
	CMPL  AX, $6
	JNE   no
	MOVL  $7, AX
	MOVL  $0, CX
	CPUID
	SHRL  $5, BX
	ANDL  $1, BX
	MOVB  BX, ret+0(FP)

no:
	RET

// func asciiWide(s *byte, n int) bool
//
// Safety: as ascii, with 32 bytes for 16; n is 32 at least.
TEXT ·asciiWide(SB), NOSPLIT, $0-17
	MOVQ    s+0(FP), SI
	MOVQ    n+8(FP), CX
	VMOVDQU -32(SI)(CX*1), Y0
	VPXOR   Y1, Y1, Y1
	PCALIGN $32

blocks:
	CMPQ    CX, $128
	JLT     words
	VMOVDQU (SI), Y2
	VMOVDQU 64(SI), Y3
	VPOR    32(SI), Y2, Y2
	VPOR    96(SI), Y3, Y3
	VPOR    Y2, Y0, Y0
	VPOR    Y3, Y1, Y1
	ADDQ    $128, SI
	SUBQ    $128, CX
	JMP     blocks

words:
	CMPQ CX, $32
	JLE  done
	VPOR (SI), Y0, Y0
	ADDQ $32, SI
	SUBQ $32, CX
	JMP  words

done:
	VPOR      Y1, Y0, Y0
	VPMOVMSKB Y0, AX
	VZEROUPPER
	TESTL     AX, AX
	SETEQ     ret+16(FP)
	RET

// func copyTextWide(to, s *byte, n int) bool
//
// Safety: n is 32 at least, to and s have n bytes each and do not overlap. The
// first and the last 32 bytes are loaded first; the first are stored at once,
// and the loops begin at the next multiple of 32 in to, which is 32 bytes
// further at most: a store that crosses lines of the cache takes twice as long.
// SI and DI lie behind the last byte, CX is where the loops are, counted from
// there, and each load and store ends there at the latest. The last 32 bytes
// are stored last, over what is the same.
TEXT ·copyTextWide(SB), NOSPLIT, $0-25
	MOVQ    to+0(FP), DI
	MOVQ    s+8(FP), SI
	MOVQ    n+16(FP), CX
	VMOVDQU (SI), Y1
	VMOVDQU -32(SI)(CX*1), Y0
	VMOVDQU Y1, (DI)
	VMOVDQA Y0, Y6
	MOVQ    DI, AX
	ORQ     $31, AX
	INCQ    AX // the next multiple
	ADDQ    CX, SI
	ADDQ    CX, DI
	MOVQ    AX, CX
	SUBQ    DI, CX
	ADDQ    $128, CX
	JGT     rest
	PCALIGN $32

blocks:
	VMOVDQU -128(SI)(CX*1), Y2
	VMOVDQU -96(SI)(CX*1), Y3
	VMOVDQU -64(SI)(CX*1), Y4
	VMOVDQU -32(SI)(CX*1), Y5
	VMOVDQU Y2, -128(DI)(CX*1)
	VMOVDQU Y3, -96(DI)(CX*1)
	VMOVDQU Y4, -64(DI)(CX*1)
	VMOVDQU Y5, -32(DI)(CX*1)
	VPOR    Y3, Y2, Y2
	VPOR    Y5, Y4, Y4
	VPOR    Y2, Y1, Y1
	VPOR    Y4, Y6, Y6
	ADDQ    $128, CX
	JLE     blocks

rest:
	SUBQ $96, CX
	JGT  done

words:
	VMOVDQU -32(SI)(CX*1), Y2
	VMOVDQU Y2, -32(DI)(CX*1)
	VPOR    Y2, Y1, Y1
	ADDQ    $32, CX
	JLE     words

done:
	VMOVDQU   Y0, -32(DI)
	VPOR      Y6, Y1, Y1
	VPMOVMSKB Y1, AX
	VZEROUPPER
	TESTL     AX, AX
	SETEQ     ret+24(FP)
	RET

// func copyASCII(to, s *byte, n int) bool
//
// Safety: as whichever it goes on with; n is 64 at least. Up to 128 bytes, the
// first 64 and the last 64 are loaded before any is stored, which is all of
// them.
TEXT ·copyASCII(SB), NOSPLIT, $0-25
	MOVQ    n+16(FP), CX
	CMPB    ·wide(SB), $0
	JEQ     narrow
	CMPQ    CX, $128
	JGT     long
	MOVQ    to+0(FP), DI
	MOVQ    s+8(FP), SI
	VMOVDQU (SI), Y0
	VMOVDQU 32(SI), Y1
	VMOVDQU -64(SI)(CX*1), Y2
	VMOVDQU -32(SI)(CX*1), Y3
	VMOVDQU Y0, (DI)
	VMOVDQU Y1, 32(DI)
	VMOVDQU Y2, -64(DI)(CX*1)
	VMOVDQU Y3, -32(DI)(CX*1)
	VPOR    Y1, Y0, Y0
	VPOR    Y3, Y2, Y2
	VPOR    Y2, Y0, Y0
	VPMOVMSKB Y0, AX
	VZEROUPPER
	TESTL   AX, AX
	SETEQ   ret+24(FP)
	RET

narrow:
	JMP ·copyText(SB)

long:
	CMPQ CX, $256
	JLT  wide
	CMPB ·widest(SB), $0
	JEQ  wide
	JMP  ·copyTextWidest(SB)

wide:
	JMP ·copyTextWide(SB)

// func copyTextWidest(to, s *byte, n int) bool
//
// Safety: as copyTextWide, with 64 bytes for 32; n is 64 at least.
TEXT ·copyTextWidest(SB), NOSPLIT, $0-25
	MOVQ      to+0(FP), DI
	MOVQ      s+8(FP), SI
	MOVQ      n+16(FP), CX
	VMOVDQU64 (SI), Z1
	VMOVDQU64 -64(SI)(CX*1), Z0
	VMOVDQU64 Z1, (DI)
	VMOVDQA64 Z0, Z6
	MOVQ      DI, AX
	ORQ       $63, AX
	INCQ      AX
	ADDQ      CX, SI
	ADDQ      CX, DI
	MOVQ      AX, CX
	SUBQ      DI, CX
	ADDQ      $256, CX
	JGT       rest
	PCALIGN   $32

blocks:
	VMOVDQU64  -256(SI)(CX*1), Z2
	VMOVDQU64  -192(SI)(CX*1), Z3
	VMOVDQU64  -128(SI)(CX*1), Z4
	VMOVDQU64  -64(SI)(CX*1), Z5
	VMOVDQU64  Z2, -256(DI)(CX*1)
	VMOVDQU64  Z3, -192(DI)(CX*1)
	VMOVDQU64  Z4, -128(DI)(CX*1)
	VMOVDQU64  Z5, -64(DI)(CX*1)
	VPTERNLOGQ $0xfe, Z3, Z2, Z1 // all three of them, or-ed
	VPTERNLOGQ $0xfe, Z5, Z4, Z6
	ADDQ       $256, CX
	JLE        blocks

rest:
	SUBQ $192, CX
	JGT  done

words:
	VMOVDQU64 -64(SI)(CX*1), Z2
	VMOVDQU64 Z2, -64(DI)(CX*1)
	VPORQ     Z2, Z1, Z1
	ADDQ      $64, CX
	JLE       words

done:
	VMOVDQU64 Z0, -64(DI)
	VPORQ     Z6, Z1, Z1
	VPMOVB2M  Z1, K1
	VZEROUPPER
	KORTESTQ  K1, K1
	SETEQ     ret+24(FP)
	RET

// func hasAVX512() bool
//
// Intel's manual, volume 1, 15.2: the foundation and the instructions for bytes
// are there, and the system keeps the registers.
TEXT ·hasAVX512(SB), NOSPLIT, $0-1
	MOVB   $0, ret+0(FP)
	MOVL   $0, CX
	XGETBV
	ANDL   $0xe6, AX
	CMPL   AX, $0xe6
	JNE    no
	MOVL   $7, AX
	MOVL   $0, CX
	CPUID
	ANDL   $0x40010000, BX
	CMPL   BX, $0x40010000
	JNE    no
	MOVB   $1, ret+0(FP)

no:
	RET
